// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { isHeaderName, isHeaderValue, isPseudoHeaderName } from "../text/header";
import { compareOctets } from "../text/octets";

// Header maps cross the boundary as one block, all numbers little-endian u32 (proxy-wasm-cpp-host src/pairs_util.cc):
//
//   ┌───────┬───────────────────────────────┬──────────────────────────────────────────┐
//   │ count │ count × (name size, value size) │ count × (name, 0x00, value, 0x00)          │
//   └───────┴───────────────────────────────┴──────────────────────────────────────────┘
//
// The host gives an empty map as no bytes at all and takes it as no bytes or a count of 0.

/** The host turns longer lists into an empty one (src/limits.h), which would wipe a header map. */
export const MAX_PAIRS: i32 = 1024;
export const MAX_PAIRS_BYTES: i32 = 1 << 20;

/** Bytes that `count` pairs take besides their names and values. */
@inline
function overhead(count: i32): i32 {
  return 4 + count * 10;
}

/**
 * A list of name-value pairs as the host hands it over, read in place. `next` walks it; `name` and `value` make views,
 * `nameIs` and `valueIs` compare without making any. A block that does not add up reads as far as it does and no
 * further.
 */
@final
export class Pairs {
  private position: i32 = -1;
  private offset: i32 = 0;
  private nameSize: i32 = 0;
  private valueSize: i32 = 0;
  /** Number of pairs. */
  readonly count: i32;

  constructor(private readonly block: Bytes) {
    const count = block.length < 4 ? 0 : load<u32>(block.ptr);
    // In 64 bits, so that a count of billions cannot wrap into a small one.
    this.count = 4 + <u64>count * 10 <= <u64>block.length ? <i32>count : 0;
    this.rewind();
  }

  /** Back to before the first pair. */
  rewind(): void {
    this.position = -1;
    this.nameSize = -1;
    this.valueSize = -1;
    this.offset = 4 + this.count * 8;
  }

  /** Steps to the next pair; false when there is none. */
  next(): bool {
    const position = this.position + 1;
    if (position >= this.count) return false;
    const sizes = this.block.ptr + 4 + ((<usize>position) << 3);
    const offset = <u64>this.offset + <u64>(this.nameSize + 1) + <u64>(this.valueSize + 1);
    const nameSize = load<u32>(sizes);
    const valueSize = load<u32>(sizes, 4);
    if (offset + nameSize + valueSize + 2 > <u64>this.block.length) return false;
    this.position = position;
    this.offset = <i32>offset;
    this.nameSize = nameSize;
    this.valueSize = valueSize;
    return true;
  }

  /** Name of the current pair, in lower case in header maps. */
  get name(): Bytes {
    return this.block.slice(this.offset, this.offset + this.nameSize);
  }

  /** Value of the current pair. */
  get value(): Bytes {
    const start = this.offset + this.nameSize + 1;
    return this.block.slice(start, start + this.valueSize);
  }

  /** Octets of the current pair's name; 0 before the first pair. Makes no view, as `name.length` does. */
  get nameLength(): i32 {
    return max(this.nameSize, 0);
  }

  /** Octets of the current pair's value; 0 before the first pair. */
  get valueLength(): i32 {
    return max(this.valueSize, 0);
  }

  /** @internal Address of the current pair's name, for code that makes no view. */
  get _nameAt(): usize {
    return this.block.ptr + <usize>this.offset;
  }

  /** @internal Address of the current pair's value. */
  get _valueAt(): usize {
    return this._nameAt + <usize>(this.nameLength + 1);
  }

  /** Whether the current pair's name begins with a colon, as `:path`. */
  get isPseudo(): bool {
    return this.nameSize > 0 && load<u8>(this.block.ptr + <usize>this.offset) == 0x3a;
  }

  /** Whether the current pair's name is this, by its octets. Makes no view. */
  nameIs<T>(name: T): bool {
    const that = Bytes.of<T>(name);
    return (
      this.nameSize == that.length &&
      compareOctets(this.block.ptr + <usize>this.offset, that.ptr, <usize>that.length) == 0
    );
  }

  /** Whether the current pair's value is this. Makes no view. */
  valueIs<T>(value: T): bool {
    const that = Bytes.of<T>(value);
    return (
      this.valueSize == that.length &&
      compareOctets(
        this.block.ptr + <usize>(this.offset + this.nameSize + 1),
        that.ptr,
        <usize>that.length,
      ) == 0
    );
  }

  /** The first value of `name`, or null. Walks from the start and stays at the pair it found. */
  find<T>(name: T): Bytes | null {
    const wanted = Bytes.of<T>(name);
    this.rewind();
    while (this.next()) if (this.nameIs(wanted)) return this.value;
    return null;
  }
}

/** A list of pairs to send to the host: headers of a local response, or a whole header map. */
@final
export class PairList {
  private readonly names: Array<Bytes> = [];
  private readonly values: Array<Bytes> = [];
  private payload: i32 = 0;
  private valid: bool = true;

  /** Number of pairs. */
  get count(): i32 {
    return this.names.length;
  }

  /** Adds a pair; the name may be there already. What is no header name or value makes the list one that `encode` refuses. */
  add<N, V>(name: N, value: V): PairList {
    const n = Bytes.kept<N>(name);
    const v = Bytes.kept<V>(value);
    this.names.push(n);
    this.values.push(v);
    if (!(isHeaderName(n) || isPseudoHeaderName(n)) || !isHeaderValue(v)) this.valid = false;
    // Saturates: what is over the limit is refused as a whole, by whatever amount it is over.
    this.payload = min(this.payload + min(n.length + v.length, MAX_PAIRS_BYTES), MAX_PAIRS_BYTES);
    return this;
  }

  /** Adds all pairs of another list, which has checked them. */
  addAll(list: PairList): PairList {
    for (let i = 0; i < list.count; i++) {
      this.names.push(unchecked(list.names[i]));
      this.values.push(unchecked(list.values[i]));
    }
    if (!list.valid) this.valid = false;
    this.payload = min(this.payload + list.payload, MAX_PAIRS_BYTES);
    return this;
  }

  /** Forgets the pairs, not the memory that holds the list. */
  clear(): PairList {
    this.names.length = 0;
    this.values.length = 0;
    this.payload = 0;
    this.valid = true;
    return this;
  }

  /** Whether a pair has this name, by its octets. */
  has<N>(name: N): bool {
    for (let i = 0; i < this.names.length; i++) {
      if (unchecked(this.names[i]).equals<N>(name)) return true;
    }
    return false;
  }

  /**
   * Why the host must not get this list; empty when it may. It would read a list over its limits as an empty one, and
   * send control characters as they are.
   */
  get problem(): string {
    if (!this.valid) return "a name is no token or a value has control characters";
    if (this.count > MAX_PAIRS || overhead(this.count) + this.payload > MAX_PAIRS_BYTES) {
      return "more than 1024 pairs or 1 MiB";
    }
    return "";
  }

  /** The block for the host, or null when there is a `problem`. */
  encode(): ArrayBuffer | null {
    if (this.problem.length > 0) return null;
    const block = new ArrayBuffer(this.encodedSize);
    this.encodeTo(changetype<usize>(block));
    return block;
  }

  /** Octets of the block for the host, when there is no `problem`. */
  get encodedSize(): i32 {
    return overhead(this.count) + this.payload;
  }

  /** Writes the block for the host, `encodedSize` octets, when there is no `problem`. */
  encodeTo(start: usize): void {
    const count = this.count;
    store<u32>(start, count);
    let sizes = start + 4;
    let text = sizes + ((<usize>count) << 3);
    for (let i = 0; i < count; i++) {
      const name = unchecked(this.names[i]);
      const value = unchecked(this.values[i]);
      store<u32>(sizes, name.length);
      store<u32>(sizes, value.length, 4);
      sizes += 8;
      text = append(append(text, name), value);
    }
  }
}

/** Copies `view` and a 0x00 that ends it; returns where the next one goes. */
@inline
function append(target: usize, view: Bytes): usize {
  const end = target + <usize>view.length;
  memory.copy(target, view.ptr, <usize>view.length);
  store<u8>(end, 0);
  return end + 1;
}
