// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { hashOctets, sameOctets } from "tremula/assembly/text/octets";

const INITIAL_SLOTS: i32 = 16;
/** No text is so; `indexOf` and `add` answer it. */
export const NONE: i32 = -1;

/**
 * Texts numbered in the order in which they came: open addressing with linear probing, at most half full. Numbers stay
 * until `clear`, so whatever belongs to a text stands at its number in a list beside this one.
 */
@final
export class TextIndex {
  private slots: StaticArray<i32> = new StaticArray<i32>(INITIAL_SLOTS);
  private readonly texts: Array<Bytes> = [];
  private readonly hashes: Array<u32> = [];

  /** @param limit texts at most */
  constructor(private readonly limit: i32) {
    this.slots.fill(NONE);
  }

  get count(): i32 {
    return this.texts.length;
  }

  get isFull(): bool {
    return this.texts.length >= this.limit;
  }

  /** The text at a number that `add` has given. */
  at(index: i32): Bytes {
    return <u32>index < <u32>this.texts.length ? unchecked(this.texts[index]) : Bytes.EMPTY;
  }

  /** The number of a text, or `NONE`. */
  indexOf(text: Bytes): i32 {
    const hash = hashOctets(text.ptr, <usize>text.length);
    const mask = this.slots.length - 1;
    let slot = (<i32>hash) & mask;
    let index = unchecked(this.slots[slot]);
    while (
      index != NONE &&
      !(unchecked(this.hashes[index]) == hash && same(unchecked(this.texts[index]), text))
    ) {
      slot = (slot + 1) & mask;
      index = unchecked(this.slots[slot]);
    }
    return index;
  }

  /** Adds a copy of a text that is not there. `NONE` when there is no room. */
  add(text: Bytes): i32 {
    if (this.isFull) return NONE;
    const index = this.texts.length;
    const hash = hashOctets(text.ptr, <usize>text.length);
    this.texts.push(text.copy());
    this.hashes.push(hash);
    if (this.texts.length << 1 > this.slots.length) this.grow();
    else this.put(hash, index);
    return index;
  }

  /** Forgets all texts. */
  clear(): void {
    this.texts.length = 0;
    this.hashes.length = 0;
    this.slots.fill(NONE);
  }

  private put(hash: u32, index: i32): void {
    const mask = this.slots.length - 1;
    let slot = (<i32>hash) & mask;
    while (unchecked(this.slots[slot]) != NONE) slot = (slot + 1) & mask;
    unchecked((this.slots[slot] = index));
  }

  private grow(): void {
    this.slots = new StaticArray<i32>(this.slots.length << 1);
    this.slots.fill(NONE);
    for (let i = 0; i < this.hashes.length; i++) this.put(unchecked(this.hashes[i]), i);
  }
}

function same(a: Bytes, b: Bytes): bool {
  return a.length == b.length && sameOctets(a.ptr, b.ptr, <usize>a.length);
}
