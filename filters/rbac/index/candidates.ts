// SPDX-License-Identifier: Apache-2.0
import { Numbers } from "./numbers";

/** Lists that are merged step by step; with more of them, the merging would cost more than the numbers. */
const MOST_LISTS: i32 = 8;
/** Of a list: the number it stands at, where that is, and where the list ends. */
const LIST: i32 = 3;
const PLACE: i32 = 1;
const END: i32 = 2;
const MOST: i32 = MOST_LISTS * LIST;

/**
 * The numbers of several ascending lists in ascending order. Few lists are merged as far as they are asked for, so that a
 * long one costs nothing when its first numbers are enough. Many go into a set of bits, so that each number costs about the
 * same however many lists there are. A number in several lists may come several times.
 */
@final
export class Candidates {
  private readonly open: Numbers = new Numbers(MOST);
  /** By number: whether it is to come. Used when there are too many lists, and empty otherwise. */
  private readonly bits: StaticArray<u64>;
  private isMany: bool = false;
  /** The first word of `bits` that may have any. */
  private word: i32 = 0;

  /** @param count numbers are below this */
  constructor(count: i32) {
    this.bits = new StaticArray<u64>((count + 63) >> 6);
  }

  get memorySize(): i32 {
    return this.open.memorySize + (this.bits.length << 3);
  }

  /** Forgets all that is to come. */
  clear(): void {
    this.open.cut(0);
    if (!this.isMany) return;
    memory.fill(changetype<usize>(this.bits), 0, (<usize>this.bits.length) << 3);
    this.isMany = false;
    this.word = 0;
  }

  /** Adds a list: its length, then its numbers. Not after `next` unless `clear` comes before. */
  add(lists: Numbers, list: i32): void {
    const end = list + 1 + <i32>lists.at(list);
    if (this.isMany) {
      this.mark(lists, list + 1, end);
    } else if (this.open.length < MOST) {
      const at = this.open.extend(LIST);
      this.open.set(at, lists.at(list + 1));
      this.open.set(at + PLACE, <u32>(list + 1));
      this.open.set(at + END, <u32>end);
    } else {
      this.isMany = true;
      for (let at = 0; at < MOST; at += LIST) {
        this.mark(lists, <i32>this.open.at(at + PLACE), <i32>this.open.at(at + END));
      }
      this.open.cut(0);
      this.mark(lists, list + 1, end);
    }
  }

  /** Takes the lowest number; -1 when there are no more. */
  next(lists: Numbers): i32 {
    if (this.isMany) return this.nextBit();
    const open = this.open;
    const size = open.length;
    if (size == 0) return -1;
    let least = 0;
    for (let at = LIST; at < size; at += LIST) if (open.at(at) < open.at(least)) least = at;
    const number = <i32>open.at(least);
    const place = open.at(least + PLACE) + 1;
    if (place < open.at(least + END)) {
      open.set(least, lists.at(<i32>place));
      open.set(least + PLACE, place);
    } else {
      const last = size - LIST;
      open.set(least, open.at(last));
      open.set(least + PLACE, open.at(last + PLACE));
      open.set(least + END, open.at(last + END));
      open.cut(last);
    }
    return number;
  }

  private nextBit(): i32 {
    while (this.word < this.bits.length) {
      const word = unchecked(this.bits[this.word]);
      if (word != 0) {
        unchecked((this.bits[this.word] = word & (word - 1)));
        return (this.word << 6) | (<i32>ctz(word));
      }
      this.word++;
    }
    return -1;
  }

  private mark(lists: Numbers, from: i32, end: i32): void {
    for (let place = from; place < end; place++) {
      const number = lists.at(place);
      const bit = (<u64>number) & 63;
      const word = number >> 6;
      unchecked((this.bits[word] = unchecked(this.bits[word]) | ((<u64>1) << bit)));
    }
  }
}
