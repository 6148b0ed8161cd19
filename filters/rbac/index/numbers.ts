// SPDX-License-Identifier: Apache-2.0

/** From so many numbers on, memory grows by half. */
const LARGE: i32 = 16384;

/**
 * A list of numbers that grows. What is in it is one object however long it is: the collector, which walks all objects that
 * live, has nothing to do with an index of a hundred thousand numbers.
 */
@final
export class Numbers {
  private memory: StaticArray<u32>;
  private size: i32 = 0;

  /** @param capacity numbers to begin with */
  constructor(capacity: i32 = 16) {
    this.memory = new StaticArray<u32>(max(capacity, 4));
  }


  @inline
  get length(): i32 {
    return this.size;
  }

  /** Octets of memory that it takes. */
  get memorySize(): i32 {
    return this.memory.length << 2;
  }

  /** The number at an index below `length`, which the caller has checked. */
  @inline
  at(index: i32): u32 {
    return unchecked(this.memory[index]);
  }


  @inline
  set(index: i32, value: u32): void {
    unchecked((this.memory[index] = value));
  }

  /** The two numbers at an index and behind it, as one. */
  @inline
  wide(index: i32): u64 {
    return load<u64>(changetype<usize>(this.memory) + ((<usize>index) << 2));
  }


  @inline
  setWide(index: i32, value: u64): void {
    store<u64>(changetype<usize>(this.memory) + ((<usize>index) << 2), value);
  }

  /** Adds a number; its index is returned. */
  push(value: u32): i32 {
    const index = this.size;
    if (index == this.memory.length) this.grow(index + 1);
    unchecked((this.memory[index] = value));
    this.size = index + 1;
    return index;
  }

  /** Adds so many zeros; the index of the first is returned. */
  extend(count: i32): i32 {
    const index = this.size;
    const size = index + count;
    if (size > this.memory.length) this.grow(size);
    for (let i = index; i < size; i++) unchecked((this.memory[i] = 0));
    this.size = size;
    return index;
  }

  /** Forgets what is behind the first `length` numbers. */
  cut(length: i32): void {
    this.size = length;
  }

  /** Gives back the memory that is not used. */
  trim(): void {
    if (this.memory.length > max(this.size, 4)) this.resize(max(this.size, 4));
  }

  private grow(least: i32): void {
    const length = this.memory.length;
    this.resize(max(least, length + (length < LARGE ? length : length >> 1)));
  }

  /** Where it is, if there is room, and otherwise elsewhere, with the old place free at once: as arrays grow. */
  private resize(capacity: i32): void {
    const at = __renew(changetype<usize>(this.memory), (<usize>capacity) << 2);
    this.memory = changetype<StaticArray<u32>>(at);
  }
}
