// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { hashOctets, sameOctets } from "../text/octets";

/** No id: the host's have 32 bits. */
export const UNDEFINED: i64 = -1;

const INITIAL_SLOTS: i32 = 16;

/**
 * Metric ids by what tells the series of one metric apart: open addressing with linear probing, at most half full, up to a
 * limit.
 */
@final
export class SeriesTable {
  private keys: StaticArray<Bytes | null> = new StaticArray<Bytes | null>(INITIAL_SLOTS);
  private hashes: StaticArray<u32> = new StaticArray<u32>(INITIAL_SLOTS);
  private ids: StaticArray<u32> = new StaticArray<u32>(INITIAL_SLOTS);
  private used: i32 = 0;
  /** Id of the series for what finds no place. */
  overflow: i64 = UNDEFINED;

  constructor(private readonly limit: i32) {}

  get isFull(): bool {
    return this.used >= this.limit;
  }

  find(key: Bytes): i64 {
    const hash = hashOctets(key.ptr, <usize>key.length);
    const mask = this.keys.length - 1;
    let slot = (<i32>hash) & mask;
    let there = unchecked(this.keys[slot]);
    while (there !== null && !(unchecked(this.hashes[slot]) == hash && same(there, key))) {
      slot = (slot + 1) & mask;
      there = unchecked(this.keys[slot]);
    }
    return there !== null ? <i64>unchecked(this.ids[slot]) : UNDEFINED;
  }

  /** Adds a key that is not there. */
  add(key: Bytes, id: u32): void {
    this.put(key, hashOctets(key.ptr, <usize>key.length), id);
    this.used++;
    if (this.used << 1 > this.keys.length) this.grow();
  }

  private put(key: Bytes, hash: u32, id: u32): void {
    const mask = this.keys.length - 1;
    let slot = (<i32>hash) & mask;
    while (unchecked(this.keys[slot]) !== null) slot = (slot + 1) & mask;
    unchecked((this.keys[slot] = key));
    unchecked((this.hashes[slot] = hash));
    unchecked((this.ids[slot] = id));
  }

  private grow(): void {
    const keys = this.keys;
    const hashes = this.hashes;
    const ids = this.ids;
    const size = keys.length << 1;
    this.keys = new StaticArray<Bytes | null>(size);
    this.hashes = new StaticArray<u32>(size);
    this.ids = new StaticArray<u32>(size);
    for (let i = 0; i < keys.length; i++) {
      const key = unchecked(keys[i]);
      if (key !== null) this.put(key, unchecked(hashes[i]), unchecked(ids[i]));
    }
  }
}

function same(a: Bytes, b: Bytes): bool {
  return a.length == b.length && sameOctets(a.ptr, b.ptr, <usize>a.length);
}
