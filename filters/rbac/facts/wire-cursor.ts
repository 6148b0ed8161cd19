// SPDX-License-Identifier: Apache-2.0

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED32: u32 = 5;

/**
 * Steps through the fields of a serialized message, and through another one afterwards: it makes no objects, which the SDK's
 * `ProtobufReader` does for each message. What does not fit ends the message.
 */
@final
export class WireCursor {
  /** Of the current field: its number, its number as a value, or where its octets are. */
  field: u32 = 0;
  value: u64 = 0;
  ptr: usize = 0;
  length: i32 = 0;
  private at: usize = 0;
  private end: usize = 0;

  /** Begins the message of `length` octets at `ptr`. */
  begin(ptr: usize, length: i32): void {
    this.at = ptr;
    this.end = ptr + <usize>max(length, 0);
  }

  /** Steps to the next field; false at the end. */
  next(): bool {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    const type = (<u32>tag) & 7;
    this.field = <u32>(tag >> 3);
    this.value = 0;
    this.ptr = 0;
    this.length = 0;
    if (type == VARINT) this.value = this.varint();
    else if (type == FIXED64) this.fixed(8);
    else if (type == FIXED32) this.fixed(4);
    else if (type == LENGTH) this.text();
    else this.at = this.end + 1;
    return this.at <= this.end;
  }

  private text(): void {
    const size = this.varint();
    if (this.at > this.end || size > <u64>(this.end - this.at)) {
      this.at = this.end + 1;
      return;
    }
    this.ptr = this.at;
    this.length = <i32>size;
    this.at += <usize>size;
  }

  private fixed(size: usize): void {
    if (this.end - this.at < size) {
      this.at = this.end + 1;
      return;
    }
    this.value = size == 8 ? load<u64>(this.at) : <u64>load<u32>(this.at);
    this.at += size;
  }

  /** Beyond the end for what is none. */
  private varint(): u64 {
    let value: u64 = 0;
    for (let shift: u64 = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) break;
      const octet = <u64>load<u8>(this.at);
      this.at++;
      value |= (octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
    this.at = this.end + 1;
    return 0;
  }
}
