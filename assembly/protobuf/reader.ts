// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { WireType } from "./wire-type";

/**
 * Reads a serialized message field by field, in place:
 *
 *     const message = new ProtobufReader(bytes);
 *     while (message.next()) {
 *       if (message.field == 1) name = message.bytes;
 *       else if (message.field == 2) count = message.uint;
 *     }
 *     if (message.malformed) …
 *
 * A field that is not asked for is skipped, whatever its type. Nothing traps: what does not fit ends the message, and a
 * getter of another type than the field's answers zero or no octets. Nested messages are read with a reader of their own,
 * by whoever wants them, so depth costs nothing here.
 */
@final
export class ProtobufReader {
  private position: usize;
  private readonly end: usize;
  private broken: bool = false;
  private number: i32 = 0;
  private type: WireType = WireType.Varint;
  /** What the field says: a number, or where its octets begin. */
  private payload: u64 = 0;
  private size: i32 = 0;

  constructor(private readonly message: Bytes) {
    this.position = message.ptr;
    this.end = message.ptr + <usize>message.length;
  }

  /** Steps to the next field; false at the end, or where the message makes no sense. */
  next(): bool {
    if (this.broken || this.position == this.end) return false;
    const tag = this.varint();
    this.number = <i32>(tag >> 3);
    this.type = <WireType>(tag & 7);
    this.payload = 0;
    this.size = 0;
    // Field numbers have 29 bits and begin at 1.
    if (tag > u32.MAX_VALUE || this.number == 0) this.broken = true;
    if (!this.broken) this.take();
    return !this.broken;
  }

  /** Whether reading has ended before the end. */
  get malformed(): bool {
    return this.broken;
  }

  /** Number of the current field. */
  get field(): i32 {
    return this.number;
  }

  /** How the current field is encoded. */
  get wireType(): WireType {
    return this.type;
  }

  /** As uint32, uint64, fixed32 or fixed64. */
  get uint(): u64 {
    return this.payload;
  }

  /** As int32, int64, sfixed64 or an enum. */
  get int(): i64 {
    return <i64>this.payload;
  }

  /** As sint32 or sint64, the types that zigzag. */
  get sint(): i64 {
    return <i64>((this.payload >> 1) ^ (0 - (this.payload & 1)));
  }

  /** As sfixed32. */
  get sfixed32(): i32 {
    return <i32>this.payload;
  }

  /** A `bool`. */
  get bool(): bool {
    return this.payload != 0;
  }

  /** A `double`; 0 for a field of another wire type. */
  get double(): f64 {
    return this.type == WireType.Fixed64 ? reinterpret<f64>(this.payload) : 0;
  }

  /** A `float`; 0 for a field of another wire type. */
  get float(): f32 {
    return this.type == WireType.Fixed32 ? reinterpret<f32>(<u32>this.payload) : 0;
  }

  /** As string, bytes or a message; a view of the message's own octets. */
  get bytes(): Bytes {
    if (this.type != WireType.Length) return Bytes.EMPTY;
    const start = <i32>(this.position - this.message.ptr) - this.size;
    return this.message.slice(start, start + this.size);
  }

  /** A reader of a nested message, or of the elements of a packed field. */
  get nested(): ProtobufReader {
    return new ProtobufReader(this.bytes);
  }

  /** Steps through a packed field of varints: `for (const r = message.nested; r.nextPacked();) use(r.uint);` */
  nextPacked(): bool {
    if (this.broken || this.position == this.end) return false;
    this.type = WireType.Varint;
    this.payload = this.varint();
    return !this.broken;
  }

  /** Takes the value of the field whose tag has been read. */
  private take(): void {
    if (this.type == WireType.Varint) this.payload = this.varint();
    else if (this.type == WireType.Fixed64) this.fixed(8);
    else if (this.type == WireType.Fixed32) this.fixed(4);
    else if (this.type == WireType.Length) this.length();
    else if (this.type == WireType.StartGroup) this.group();
    else this.broken = true;
  }

  private varint(): u64 {
    let value: u64 = 0;
    for (let shift: u64 = 0; shift < 70; shift += 7) {
      if (this.position == this.end) break;
      const octet = <u64>load<u8>(this.position);
      this.position++;
      value |= (octet & 0x7f) << shift;
      if (octet < 0x80) {
        // The tenth octet has room for one bit.
        if (shift == 63 && octet > 1) break;
        return value;
      }
    }
    this.broken = true;
    return 0;
  }

  private fixed(size: usize): void {
    if (this.end - this.position < size) {
      this.broken = true;
      return;
    }
    this.payload = size == 8 ? load<u64>(this.position) : <u64>load<u32>(this.position);
    this.position += size;
  }

  private length(): void {
    const size = this.varint();
    if (this.broken || size > <u64>(this.end - this.position)) {
      this.broken = true;
      return;
    }
    this.size = <i32>size;
    this.position += <usize>size;
  }

  /** Skips a group, with the groups inside it: each end must name the group that began last. */
  private group(): void {
    const open: i32[] = [this.number];
    while (open.length > 0 && !this.broken) {
      const tag = this.varint();
      this.type = <WireType>(tag & 7);
      const number = <i32>(tag >> 3);
      if (this.broken || tag > u32.MAX_VALUE || number == 0) this.broken = true;
      else if (this.type == WireType.StartGroup) open.push(number);
      else if (this.type == WireType.EndGroup) this.broken = open.pop() != number;
      else this.take();
    }
    this.type = WireType.StartGroup;
    this.payload = 0;
    this.size = 0;
  }
}
