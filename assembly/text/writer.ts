// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";

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

  get length(): i32 {
    return this.size;
  }

  /** Forgets what was written, not the memory. */
  clear(): ByteWriter {
    this.size = 0;
    return this;
  }

  write<T>(text: T): ByteWriter {
    const bytes = Bytes.of<T>(text);
    const length = bytes.length;
    this.reserve(length);
    memory.copy(this.buffer.ptr + <usize>this.size, bytes.ptr, <usize>length);
    this.size += length;
    return this;
  }

  writeByte(byte: u8): ByteWriter {
    this.reserve(1);
    store<u8>(this.buffer.ptr + <usize>this.size, byte);
    this.size++;
    return this;
  }

  /** What was written, in place: the same view each time, good until the next write. `toBytes` is for keeping. */
  view(): Bytes {
    this.window.show(this.buffer, this.buffer.ptr, this.size);
    return this.window;
  }

  /** A copy of what was written. */
  toBytes(): Bytes {
    return this.view().copy();
  }

  toString(): string {
    return this.view().toString();
  }

  private reserve(more: i32): void {
    const needed = this.size + more;
    if (needed <= this.buffer.length) return;
    const larger = Bytes.uninitialized(max(needed, this.buffer.length << 1));
    memory.copy(larger.ptr, this.buffer.ptr, <usize>this.size);
    this.buffer = larger;
  }
}
