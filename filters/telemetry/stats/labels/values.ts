// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { writeTagValue } from "tremula/assembly/host/tag-value";
import { OVERFLOW, UNKNOWN } from "./label";
import { NONE, TextIndex } from "./text-index";

/** Numbers of values that are always there. */
export const UNKNOWN_VALUE: u32 = 0;
export const OVERFLOW_VALUE: u32 = 1;

/** Values of one expression by number, with a limit. */
@final
export class Values {
  private readonly index: TextIndex;
  private readonly text: ByteWriter = new ByteWriter(64);
  /** Values that found no room, since somebody took the number. */
  overflowed: u32 = 0;

  constructor(limit: i32) {
    this.index = new TextIndex(limit);
  }

  at(number: u32): Bytes {
    if (number == UNKNOWN_VALUE) return Bytes.of(UNKNOWN);
    return number == OVERFLOW_VALUE ? Bytes.of(OVERFLOW) : this.index.at(<i32>number - 2);
  }

  /** @param value null, or empty, when there is none */
  numberOf(value: Bytes | null): u32 {
    if (value === null || value.isEmpty) return UNKNOWN_VALUE;
    const text = this.text.clear();
    writeTagValue(text, value);
    const known = this.index.indexOf(text.view());
    if (known != NONE) return <u32>known + 2;
    const added = this.index.add(text.view());
    if (added == NONE) this.overflowed++;
    return added == NONE ? OVERFLOW_VALUE : <u32>added + 2;
  }
}
