// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/** FNV-1a (draft-eastlake-fnv). Keys are our own configuration's, nobody else chooses them. */
const OFFSET: u32 = 2166136261;
const PRIME: u32 = 16777619;

/** Keys lie together in blocks of so many octets; a longer one has a block of its own. */
const BLOCK: i32 = 16384;

/**
 * Indexes of octet strings: an open hash table. It has copies of the keys, each behind its length, in a few large blocks, so
 * that a hundred thousand of them are not as many objects.
 */
@final
export class KeyTable {
  private slots: StaticArray<i32> = new StaticArray<i32>(64);
  private readonly blocks: Array<StaticArray<u8>> = [];
  /** Where in the last block the next key goes, and what it must not reach. */
  private top: usize = 0;
  private limit: usize = 0;
  /** Addresses of the keys, in the blocks. */
  private readonly keys: Array<usize> = [];

  /** Number of keys. */
  get count(): i32 {
    return this.keys.length;
  }

  /** The index of a key: how many were added before it; -1 when it is not there. */
  find(key: Bytes): i32 {
    return unchecked(this.slots[this.slotOf(key.ptr, key.length)]) - 1;
  }

  /** Adds a key that is not there and returns its index. */
  add(key: Bytes): i32 {
    if ((this.keys.length + 1) * 2 > this.slots.length) this.grow();
    this.keys.push(this.keep(key));
    const count = this.keys.length;
    unchecked((this.slots[this.slotOf(key.ptr, key.length)] = count));
    return count - 1;
  }

  /** Copies a key to where it stays. */
  private keep(key: Bytes): usize {
    const size = sizeof<i32>() + <usize>key.length;
    if (size > this.limit - this.top) {
      const block = new StaticArray<u8>(max(<i32>size, BLOCK));
      this.blocks.push(block);
      this.top = changetype<usize>(block);
      this.limit = this.top + <usize>block.length;
    }
    const at = this.top;
    store<i32>(at, key.length);
    memory.copy(at + sizeof<i32>(), key.ptr, <usize>key.length);
    this.top = at + size;
    return at;
  }

  /** Where a key is, or would be. A slot holds an index plus 1, 0 when it is free. */
  private slotOf(ptr: usize, length: i32): i32 {
    const mask = this.slots.length - 1;
    let slot = (<i32>hashOf(ptr, length)) & mask;
    // At most half of them are taken, so there is a free one.
    for (let index = unchecked(this.slots[slot]); index != 0; index = unchecked(this.slots[slot])) {
      const key = unchecked(this.keys[index - 1]);
      if (load<i32>(key) == length && memory.compare(key + sizeof<i32>(), ptr, <usize>length) == 0) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private grow(): void {
    this.slots = new StaticArray<i32>(this.slots.length * 2);
    for (let i = 0; i < this.keys.length; i++) {
      const key = unchecked(this.keys[i]);
      unchecked((this.slots[this.slotOf(key + sizeof<i32>(), load<i32>(key))] = i + 1));
    }
  }
}

function hashOf(ptr: usize, length: i32): u32 {
  let hash = OFFSET;
  for (let i: usize = 0; i < <usize>length; i++) hash = (hash ^ (<u32>load<u8>(ptr + i))) * PRIME;
  return hash ^ (hash >> 15);
}
