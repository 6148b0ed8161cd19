// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { compareOctets } from "../text/octets";

/** Of an entry: address and size of the name, address and size of the value. */
const ENTRY: usize = 16;

/**
 * The headers of one message, ready to be matched: where their names and values are. Make one per plugin and fill it for
 * each request: `table.clear().addAll(requestHeaders.pairs())`; nothing is allocated once it has held as many.
 *
 * Octets are not copied, so a table is good until the callback returns in which it was filled.
 */
@final
export class HeaderTable {
  private entries: ArrayBuffer = new ArrayBuffer(<i32>ENTRY * 32);
  private size: i32 = 0;

  /** Number of pairs. */
  get count(): i32 {
    return this.size;
  }

  /** Forgets all pairs, not the memory. */
  clear(): HeaderTable {
    this.size = 0;
    return this;
  }

  /** Adds a pair; the name in lower case, as hosts give it. Both must outlive the matching. */
  add(name: Bytes, value: Bytes): HeaderTable {
    this.addAt(name.ptr, name.length, value.ptr, value.length);
    return this;
  }

  /** Adds all pairs of a list in order. */
  addAll<P>(pairs: P): HeaderTable {
    pairs.rewind();
    while (pairs.next()) {
      this.addAt(pairs._nameAt, pairs.nameLength, pairs._valueAt, pairs.valueLength);
    }
    return this;
  }

  /** As `add`, without views. */
  addAt(name: usize, nameLength: i32, value: usize, valueLength: i32): void {
    const at = this.size * <i32>ENTRY;
    if (at == this.entries.byteLength) {
      const larger = new ArrayBuffer(at << 1);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.entries), <usize>at);
      this.entries = larger;
    }
    const entry = changetype<usize>(this.entries) + <usize>at;
    store<u32>(entry, <u32>name);
    store<i32>(entry, nameLength, 4);
    store<u32>(entry, <u32>value, 8);
    store<i32>(entry, valueLength, 12);
    this.size++;
  }

  /** Index of the first pair from `from` on that has this name, or -1. Pairs of one name keep their order. */
  find(name: Bytes, from: i32 = 0): i32 {
    const ptr = name.ptr;
    const length = name.length;
    if (length == 0) return -1;
    // Names begin alike and end differently.
    const last = <usize>(length - 1);
    const octet = load<u8>(ptr + last);
    const start = this.entryAt(0);
    const end = this.entryAt(this.size);
    for (let entry = this.entryAt(max(from, 0)); entry < end; entry += ENTRY) {
      if (load<i32>(entry, 4) != length) continue;
      const other = <usize>load<u32>(entry);
      if (load<u8>(other + last) != octet || compareOctets(other, ptr, last) != 0) continue;
      return <i32>((entry - start) / ENTRY);
    }
    return -1;
  }

  /** A view of the name at an index. */
  name(index: i32): Bytes {
    const inside = <u32>index < <u32>this.size;
    return Bytes.fromMemory(null, inside ? <usize>load<u32>(this.entryAt(index)) : 0, this.nameLength(index));
  }

  /** Size of the name at an index; 0 outside. */
  nameLength(index: i32): i32 {
    return <u32>index < <u32>this.size ? load<i32>(this.entryAt(index), 4) : 0;
  }

  /** Address of the value at an index below `count`. */
  valuePtr(index: i32): usize {
    return <u32>index < <u32>this.size ? <usize>load<u32>(this.entryAt(index), 8) : 0;
  }

  /** Size of the value at an index; 0 outside. */
  valueLength(index: i32): i32 {
    return <u32>index < <u32>this.size ? load<i32>(this.entryAt(index), 12) : 0;
  }

  /** A view of the value at an index. */
  value(index: i32): Bytes {
    return Bytes.fromMemory(null, this.valuePtr(index), this.valueLength(index));
  }

  /** The first value of a name, or null. */
  first<N>(name: N): Bytes | null {
    const index = this.find(Bytes.of<N>(name));
    return index >= 0 ? this.value(index) : null;
  }

  // @ts-ignore: decorator
  @inline
  private entryAt(index: i32): usize {
    return changetype<usize>(this.entries) + <usize>index * ENTRY;
  }
}
