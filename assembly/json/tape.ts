// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { describe } from "./error";

/** No entry: an absent field, or anything once a document has failed. */
export const NONE: i32 = -1;

export const enum Flag {
  /** A field name; its value is the next entry. */
  Name = 1,
  /** A field name that the reader has asked for. */
  Known = 2,
  /** A string with escapes in it. */
  Escaped = 4,
}

const FLAG_BITS: i32 = 3;
const FLAG_MASK: u32 = (1 << FLAG_BITS) - 1;

/** Offsets and sizes must fit beside the flags. */
const MAX_DOCUMENT: i32 = 1 << 28;

/**
 * Where everything is in a document: one entry for each value and each field name, in document order, so a container's
 * entries follow it. What kind a value is, its first octet says.
 *
 *   ┌────────────────────┬──────────────────────────────────────────────────────────────┬───────┐
 *   │ u32 offset         │ u29 size of a string or number; entry after a container's last │ flags │
 *   └────────────────────┴──────────────────────────────────────────────────────────────┴───────┘
 *
 * The size of a string leaves out its quotes. A container that is still open holds its parent, the entry of which is
 * lower than its own, in place of its end.
 */
@final
export class Tape {
  size: i32 = 0;
  /** What is wrong, empty as long as nothing is. The first error stays. */
  error: string = "";
  private readonly words: StaticArray<u32>;

  constructor(public readonly document: Bytes) {
    // Every entry but the first comes after one of these, so there is room for all.
    let room = 1;
    for (let i = 0; i < document.length; i++) {
      const c = document.at(i);
      if (c == 0x2c || c == 0x3a || (c | 0x20) == 0x7b) room++;
    }
    this.words = new StaticArray<u32>(room << 1);
  }

  @inline
  get failed(): bool {
    return this.error.length > 0;
  }

  /** Records an error at an entry, unless there is one already. Returns `NONE`. */
  fail(entry: i32, offset: i32, text: string): i32 {
    if (!this.failed) this.error = describe(this, entry, "", text, offset);
    return NONE;
  }

  /** As `fail`: what should have been at `entry`. */
  expected(entry: i32, what: string): i32 {
    return this.fail(entry, this.offset(entry), "expected " + what);
  }

  add(offset: i32, flags: u32 = 0): i32 {
    const entry = this.size++;
    store<u32>(this.word(entry), offset);
    store<u32>(this.word(entry), flags, 4);
    return entry;
  }

  offset(entry: i32): i32 {
    return load<i32>(this.word(entry));
  }

  /** The first octet of a value: `{`, `[`, `"`, `t`, `f`, `n`, or that of a number. */
  kind(entry: i32): i32 {
    return this.document.at(this.offset(entry));
  }

  /** Size of a string or number; for a container the entry after its last, or its parent while it is open. */
  extent(entry: i32): i32 {
    return <i32>(load<u32>(this.word(entry), 4) >> FLAG_BITS);
  }

  setExtent(entry: i32, extent: i32): void {
    const word = this.word(entry);
    store<u32>(word, (<u32>extent << FLAG_BITS) | (load<u32>(word, 4) & FLAG_MASK), 4);
  }

  has(entry: i32, flag: Flag): bool {
    return (load<u32>(this.word(entry), 4) & flag) != 0;
  }

  mark(entry: i32, flag: Flag): void {
    const word = this.word(entry);
    store<u32>(word, load<u32>(word, 4) | flag, 4);
  }

  /** The entry after a value and all that is in it. */
  after(entry: i32): i32 {
    if ((this.kind(entry) | 0x20) != 0x7b) return entry + 1;
    const end = this.extent(entry);
    return end > entry ? end : this.size;
  }

  @inline
  private word(entry: i32): usize {
    return changetype<usize>(this.words) + (<usize>entry << 3);
  }
}
