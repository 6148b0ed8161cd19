// SPDX-License-Identifier: Apache-2.0
import { hashOctets, sameOctets } from "tremula/assembly/text/octets";

const INITIAL_ROWS: i32 = 32;
const EMPTY: i32 = -1;
const SIZE: usize = 4;

/** No id: the host's are smaller. */
export const UNDEFINED: u32 = u32.MAX_VALUE;

/**
 * Rows of metric ids by keys of as many words each: open addressing with linear probing, at most half full. Keys and ids
 * lie in one block each, so that a table of any size is three objects to the garbage collector.
 */
@final
export class SeriesTable {
  private slots: StaticArray<i32>;
  private keys: StaticArray<u32>;
  private ids: StaticArray<u32>;
  private used: i32 = 0;

  /**
   * @param words of a key
   * @param columns ids in a row
   */
  constructor(
    private readonly words: i32,
    private readonly columns: i32,
  ) {
    this.slots = new StaticArray<i32>(INITIAL_ROWS << 1).fill(EMPTY);
    this.keys = new StaticArray<u32>(INITIAL_ROWS * words);
    this.ids = new StaticArray<u32>(INITIAL_ROWS * columns).fill(UNDEFINED);
  }

  get count(): i32 {
    return this.used;
  }

  /** The row of a key, or -1. */
  find(key: StaticArray<u32>): i32 {
    const size = (<usize>this.words) << 2;
    const hash = hashOctets(changetype<usize>(key), size);
    const mask = this.slots.length - 1;
    const keys = changetype<usize>(this.keys);
    let slot = (<i32>hash) & mask;
    let row = unchecked(this.slots[slot]);
    while (row != EMPTY && !sameOctets(keys + <usize>row * size, changetype<usize>(key), size)) {
      slot = (slot + 1) & mask;
      row = unchecked(this.slots[slot]);
    }
    return row;
  }

  /** Adds a row for a key that has none. */
  add(key: StaticArray<u32>): i32 {
    const row = this.used;
    if (row << 1 == this.slots.length) this.grow();
    const size = (<usize>this.words) << 2;
    memory.copy(changetype<usize>(this.keys) + <usize>row * size, changetype<usize>(key), size);
    this.used = row + 1;
    this.put(row);
    return row;
  }


  @inline
  id(row: i32, column: i32): u32 {
    return unchecked(this.ids[row * this.columns + column]);
  }

  setId(row: i32, column: i32, id: u32): void {
    unchecked((this.ids[row * this.columns + column] = id));
  }

  private put(row: i32): void {
    const size = (<usize>this.words) << 2;
    const mask = this.slots.length - 1;
    let slot = (<i32>hashOctets(changetype<usize>(this.keys) + <usize>row * size, size)) & mask;
    while (unchecked(this.slots[slot]) != EMPTY) slot = (slot + 1) & mask;
    unchecked((this.slots[slot] = row));
  }

  private grow(): void {
    const rows = this.slots.length;
    const keys = new StaticArray<u32>(rows * this.words);
    const ids = new StaticArray<u32>(rows * this.columns).fill(UNDEFINED);
    memory.copy(
      changetype<usize>(keys),
      changetype<usize>(this.keys),
      <usize>(this.used * this.words) * SIZE,
    );
    memory.copy(
      changetype<usize>(ids),
      changetype<usize>(this.ids),
      <usize>(this.used * this.columns) * SIZE,
    );
    this.keys = keys;
    this.ids = ids;
    this.slots = new StaticArray<i32>(rows << 1).fill(EMPTY);
    for (let row = 0; row < this.used; row++) this.put(row);
  }
}
