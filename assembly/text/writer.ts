// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";
import { digitsOf, writeDigits } from "./integer";
import { copyOctets } from "./octets";

/**
 * Puts octets together in memory that it keeps: make one per plugin, `clear` it for each use, and it allocates only when
 * a text is longer than any before. It can be given wherever a string or `Bytes` can.
 */
@final
export class ByteWriter {
  private buffer: Bytes;
  private readonly window: Bytes;
  private size: i32 = 0;

  /** @param capacity octets to begin with; it grows as needed */
  constructor(capacity: i32 = 64) {
    this.buffer = Bytes.uninitialized(max(capacity, 16));
    this.window = Bytes.fromMemory(null, 0, 0);
  }

  /** Octets written since `clear`. */
  get length(): i32 {
    return this.size;
  }

  /** Forgets what was written, not the memory. */
  clear(): ByteWriter {
    this.size = 0;
    return this;
  }

  /** Adds the octets of a string, `Bytes` or another writer. */
  write<T>(text: T): ByteWriter {
    const bytes = Bytes.of<T>(text);
    const length = bytes.length;
    copyOctets(this._reserve(length), bytes.ptr, <usize>length);
    this.size += length;
    return this;
  }

  /** Adds one octet. */
  writeByte(byte: u8): ByteWriter {
    store<u8>(this._reserve(1), byte);
    this.size++;
    return this;
  }

  /** Writes a number in decimal. */
  writeInt(value: i64): ByteWriter {
    if (value >= 0) return this.writeUint(<u64>value);
    return this.writeByte(0x2d).writeUint(0 - <u64>value);
  }

  /** As `writeInt`, for numbers up to 2^64 - 1. */
  writeUint(value: u64): ByteWriter {
    const digits = digitsOf(value);
    writeDigits(this._reserve(digits) + <usize>digits, value);
    this.size += digits;
    return this;
  }

  /** Writes the octets of a number, its lowest first: `writeLE<u32>(1)` writes four. */
  writeLE<T extends number>(value: T): ByteWriter {
    if (!isInteger<T>()) ERROR("an integer type is expected");
    store<T>(this._reserve(sizeof<T>()), value);
    this.size += sizeof<T>();
    return this;
  }

  /** The same with the highest first, as in most protocols. */
  writeBE<T extends number>(value: T): ByteWriter {
    return this.writeLE<T>(bswap<T>(value));
  }

  /** What was written, in place: the same view each time, good until the next write. `toBytes` is for keeping. */
  view(): Bytes {
    this.window._show(this.buffer, this.buffer.ptr, this.size);
    return this.window;
  }

  /** A copy of what was written. */
  toBytes(): Bytes {
    return this.view().copy();
  }

  /** What was written, as text; see `Bytes.toString`. */
  toString(): string {
    return this.view().toString();
  }

  /** @internal For the SDK: where the next octets go, with room for this many. `_endAt` says how many they were. */
  @inline
  _reserve(more: i32): usize {
    if (more > this.buffer.length - this.size) this.grow(this.size + more);
    return this.buffer.ptr + <usize>this.size;
  }

  /** @internal For the SDK: after writing to where `_reserve` said. */
  @inline
  _endAt(end: usize): void {
    this.size = <i32>(end - this.buffer.ptr);
  }

  private grow(needed: i32): void {
    const larger = Bytes.uninitialized(max(needed, this.buffer.length << 1));
    memory.copy(larger.ptr, this.buffer.ptr, <usize>this.size);
    this.buffer = larger;
  }
}
