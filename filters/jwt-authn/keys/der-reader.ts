// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

export const INTEGER: i32 = 0x02;
export const BIT_STRING: i32 = 0x03;
export const OBJECT_IDENTIFIER: i32 = 0x06;
export const SEQUENCE: i32 = 0x30;

/** Reads DER elements one after the other (X.690 section 8.1). */
@final
export class DerReader {
  private at: i32 = 0;

  constructor(private readonly octets: Bytes) {}

  /** The tag of the next element; -1 at the end. */
  get tag(): i32 {
    return this.octets.at(this.at);
  }

  get isAtEnd(): bool {
    return this.at >= this.octets.length;
  }

  /** The contents of the next element, behind which reading goes on; null when it has another tag or does not fit. */
  next(tag: i32): Bytes | null {
    const octets = this.octets;
    if (octets.at(this.at) != tag) return null;
    let start = this.at + 2;
    let length = octets.at(this.at + 1);
    if (length > 0x83 || length == 0x80) return null;
    if (length > 0x80) {
      let more = length - 0x80;
      for (length = 0; more > 0; more--) {
        const octet = octets.at(start++);
        if (octet < 0) return null;
        length = (length << 8) | octet;
      }
    }
    if (length < 0 || length > octets.length - start) return null;
    this.at = start + length;
    return octets.slice(start, this.at);
  }

  /** Skips an element that must have this tag; false when it has another. */
  skip(tag: i32): bool {
    return this.next(tag) !== null;
  }
}
