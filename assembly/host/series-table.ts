// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { compareOctets } from "../text/octets";

/** No id: the host's have 32 bits. */
export const UNDEFINED: i64 = -1;

const INITIAL_SLOTS: i32 = 16;

/** Metric ids by the name of their series: open addressing with linear probing, at most half full, up to a limit. */
@final
export class SeriesTable {
  private names: StaticArray<Bytes | null> = new StaticArray<Bytes | null>(INITIAL_SLOTS);
  private hashes: StaticArray<u32> = new StaticArray<u32>(INITIAL_SLOTS);
  private ids: StaticArray<u32> = new StaticArray<u32>(INITIAL_SLOTS);
  private used: i32 = 0;
  /** Id of the series for what finds no place. */
  overflow: i64 = UNDEFINED;

  constructor(private readonly limit: i32) {}

  get isFull(): bool {
    return this.used >= this.limit;
  }

  find(name: Bytes): i64 {
    const hash = hashOf(name);
    const mask = this.names.length - 1;
    let slot = (<i32>hash) & mask;
    let there = unchecked(this.names[slot]);
    while (there !== null && !(unchecked(this.hashes[slot]) == hash && same(there, name))) {
      slot = (slot + 1) & mask;
      there = unchecked(this.names[slot]);
    }
    return there !== null ? <i64>unchecked(this.ids[slot]) : UNDEFINED;
  }

  /** Adds a name that is not there. */
  add(name: Bytes, id: u32): void {
    this.put(name, hashOf(name), id);
    this.used++;
    if (this.used << 1 > this.names.length) this.grow();
  }

  private put(name: Bytes, hash: u32, id: u32): void {
    const mask = this.names.length - 1;
    let slot = (<i32>hash) & mask;
    while (unchecked(this.names[slot]) !== null) slot = (slot + 1) & mask;
    unchecked((this.names[slot] = name));
    unchecked((this.hashes[slot] = hash));
    unchecked((this.ids[slot] = id));
  }

  private grow(): void {
    const names = this.names;
    const hashes = this.hashes;
    const ids = this.ids;
    const size = names.length << 1;
    this.names = new StaticArray<Bytes | null>(size);
    this.hashes = new StaticArray<u32>(size);
    this.ids = new StaticArray<u32>(size);
    for (let i = 0; i < names.length; i++) {
      const name = unchecked(names[i]);
      if (name !== null) this.put(name, unchecked(hashes[i]), unchecked(ids[i]));
    }
  }
}

function same(a: Bytes, b: Bytes): bool {
  return a.length == b.length && compareOctets(a.ptr, b.ptr, <usize>a.length) == 0;
}

/** FNV-1a, with its high bits, which all octets have reached, mixed into the low ones that choose the slot. */
function hashOf(name: Bytes): u32 {
  let hash: u32 = 0x811c9dc5;
  const end = name.ptr + <usize>name.length;
  for (let ptr = name.ptr; ptr < end; ptr++) hash = (hash ^ (<u32>load<u8>(ptr))) * 0x01000193;
  return hash ^ (hash >> 15);
}
