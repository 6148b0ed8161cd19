// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/** FNV-1a (draft-eastlake-fnv). Keys are our own configuration's, nobody else chooses them. */
const OFFSET: u32 = 2166136261;
const PRIME: u32 = 16777619;

/** Indexes of octet strings: an open hash table, so that thousands of keys cost no objects besides themselves. */
@final
export class KeyTable {
  private slots: StaticArray<i32> = new StaticArray<i32>(64);
  private readonly keys: Array<Bytes> = [];

  /** Number of keys. */
  get count(): i32 {
    return this.keys.length;
  }

  /** The index of a key: how many were added before it; -1 when it is not there. */
  find(key: Bytes): i32 {
    return unchecked(this.slots[this.slotOf(key)]) - 1;
  }

  /** Adds a key that is not there and returns its index. The octets must stay as they are. */
  add(key: Bytes): i32 {
    if ((this.keys.length + 1) * 2 > this.slots.length) this.grow();
    this.keys.push(key);
    const count = this.keys.length;
    unchecked((this.slots[this.slotOf(key)] = count));
    return count - 1;
  }

  /** Where a key is, or would be. A slot holds an index plus 1, 0 when it is free. */
  private slotOf(key: Bytes): i32 {
    const mask = this.slots.length - 1;
    let slot = (<i32>hashOf(key)) & mask;
    // At most half of them are taken, so there is a free one.
    for (let index = unchecked(this.slots[slot]); index != 0; index = unchecked(this.slots[slot])) {
      if (unchecked(this.keys[index - 1]).equals(key)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private grow(): void {
    this.slots = new StaticArray<i32>(this.slots.length * 2);
    for (let i = 0; i < this.keys.length; i++) {
      unchecked((this.slots[this.slotOf(unchecked(this.keys[i]))] = i + 1));
    }
  }
}

function hashOf(key: Bytes): u32 {
  let hash = OFFSET;
  for (let i: usize = 0; i < <usize>key.length; i++) hash = (hash ^ (<u32>load<u8>(key.ptr + i))) * PRIME;
  return hash ^ (hash >> 15);
}
