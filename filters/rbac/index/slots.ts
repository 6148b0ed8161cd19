// SPDX-License-Identifier: Apache-2.0

/**
 * Where a hash table has its entries: open addressing with linear probing, half of the slots free at least, so that a probe
 * always ends. Keys come from the configuration alone, and a request can only look for them: nobody outside can fill it.
 */
@final
export class Slots {
  private memory: StaticArray<u32> = new StaticArray<u32>(8);
  private mask: u32 = 7;

  /** Octets of memory that it takes. */
  get memorySize(): i32 {
    return this.memory.length << 2;
  }

  /** The first slot of a hash. */
  @inline
  first(hash: u32): u32 {
    return hash & this.mask;
  }

  /** The slot behind one. */
  @inline
  next(slot: u32): u32 {
    return (slot + 1) & this.mask;
  }

  /** The entry in a slot, or -1. */
  @inline
  entry(slot: u32): i32 {
    return <i32>unchecked(this.memory[slot]) - 1;
  }

  /** Puts an entry into the first free slot of its hash. */
  put(hash: u32, entry: i32): void {
    let slot = this.first(hash);
    while (this.entry(slot) >= 0) slot = this.next(slot);
    unchecked((this.memory[slot] = <u32>(entry + 1)));
  }

  /** Whether one more entry than `count` would be too many; then `widen` and put all of them again. */
  isFull(count: i32): bool {
    return (count + 1) << 1 > this.memory.length;
  }

  /** Makes it empty, for `count` entries. */
  widen(count: i32): void {
    let size = this.memory.length;
    while (size < count << 1) size <<= 1;
    const octets = (<usize>size) << 2;
    const at = __renew(changetype<usize>(this.memory), octets);
    memory.fill(at, 0, octets);
    this.memory = changetype<StaticArray<u32>>(at);
    this.mask = <u32>(size - 1);
  }
}
