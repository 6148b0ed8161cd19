// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/** Octets of a key id that go into a log. */
const LONGEST_KID: i32 = 64;

/** A key of a set that is not used. */
@final
export class Refusal {
  constructor(
    /** In the set's document; -1 when it is only known by its key id. */
    readonly index: i32,
    /** Empty when it has none. */
    readonly kid: Bytes,
    readonly reason: string,
    /** Its `kty`, when it is meant for verifying; empty otherwise. */
    readonly family: Bytes = Bytes.EMPTY,
  ) {}

  /** For a log: one line whatever the key id is. */
  toString(): string {
    const where = this.index >= 0 ? "key " + this.index.toString() : "a key";
    return (
      where +
      (this.kid.isEmpty ? "" : ' (kid "' + printable(this.kid) + '")') +
      " is not used: " +
      this.reason
    );
  }
}

function printable(kid: Bytes): string {
  let text = "";
  for (let i = 0; i < min(kid.length, LONGEST_KID); i++) {
    const octet = kid.at(i);
    text += octet >= 0x20 && octet < 0x7f && octet != 0x22 ? String.fromCharCode(octet) : "?";
  }
  return kid.length > LONGEST_KID ? text + "…" : text;
}
