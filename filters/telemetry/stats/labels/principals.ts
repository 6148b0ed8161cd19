// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { OVERFLOW, UNKNOWN } from "./label";
import { NONE, TextIndex } from "./text-index";
import { mended } from "./workload";

/** Number of the principals of a stream without any. */
export const NO_PRINCIPALS: u32 = 0;
export const OVERFLOW_PRINCIPALS: u32 = 1;

/** Who is on either side, by certificates. */
@final
export class Principals {
  constructor(
    readonly source: Bytes,
    readonly destination: Bytes,
  ) {}
}

/** Pairs of principals by number: what the key of a series has of them. There is a limit, as peers have them made. */
@final
export class PrincipalTable {
  private readonly index: TextIndex;
  private readonly list: Array<Principals> = [];
  private readonly text: ByteWriter = new ByteWriter(256);
  /** Pairs that found no room, since somebody took the number. */
  overflowed: u32 = 0;

  constructor(limit: i32) {
    this.index = new TextIndex(limit);
    this.list.push(new Principals(Bytes.of(UNKNOWN), Bytes.of(UNKNOWN)));
    this.list.push(new Principals(Bytes.of(OVERFLOW), Bytes.of(OVERFLOW)));
  }

  at(number: u32): Principals {
    return unchecked(this.list[number < <u32>this.list.length ? number : NO_PRINCIPALS]);
  }

  /** @param source null, or empty, when its certificate has no URI */
  numberOf(source: Bytes | null, destination: Bytes | null): u32 {
    const from = source !== null ? source : Bytes.EMPTY;
    const to = destination !== null ? destination : Bytes.EMPTY;
    if (from.isEmpty && to.isEmpty) return NO_PRINCIPALS;
    const text = this.text
      .clear()
      .writeLE<u32>(<u32>from.length)
      .write(from)
      .write(to);
    const known = this.index.indexOf(text.view());
    if (known != NONE) return <u32>known + 2;
    if (this.index.add(text.view()) == NONE) {
      this.overflowed++;
      return OVERFLOW_PRINCIPALS;
    }
    this.list.push(new Principals(labelOf(from), labelOf(to)));
    return <u32>this.list.length - 1;
  }
}

function labelOf(principal: Bytes): Bytes {
  return principal.isEmpty ? Bytes.of(UNKNOWN) : mended(principal);
}
