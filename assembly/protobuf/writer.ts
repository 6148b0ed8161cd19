// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { ByteWriter } from "../text/writer";
import { WireType } from "./wire-type";

/**
 * Serializes a message: `new ProtobufWriter().bytes(1, name).uint(2, count).toBytes()`. Each call writes a field, whatever
 * its value, in the order of the calls. Make one per plugin and `clear` it for each use, and it allocates only when a
 * message is longer than any before.
 */
@final
export class ProtobufWriter {
  private readonly out: ByteWriter;

  constructor(capacity: i32 = 64) {
    this.out = new ByteWriter(capacity);
  }

  /** Forgets what was written, not the memory. */
  clear(): ProtobufWriter {
    this.out.clear();
    return this;
  }

  /** As uint32, uint64 or an enum. */
  uint(field: i32, value: u64): ProtobufWriter {
    this.tag(field, WireType.Varint);
    this.varint(value);
    return this;
  }

  /** As int32 or int64. */
  int(field: i32, value: i64): ProtobufWriter {
    return this.uint(field, <u64>value);
  }

  /** As sint32 or sint64, the types that zigzag. */
  sint(field: i32, value: i64): ProtobufWriter {
    return this.uint(field, <u64>((value << 1) ^ (value >> 63)));
  }

  /** A `bool`. */
  bool(field: i32, value: bool): ProtobufWriter {
    return this.uint(field, value ? 1 : 0);
  }

  /** A `double`. */
  double(field: i32, value: f64): ProtobufWriter {
    this.tag(field, WireType.Fixed64);
    this.fixed(reinterpret<u64>(value), 8);
    return this;
  }

  /** A `float`. */
  float(field: i32, value: f32): ProtobufWriter {
    this.tag(field, WireType.Fixed32);
    this.fixed(<u64>reinterpret<u32>(value), 4);
    return this;
  }

  /** A `fixed64`, or the octets of a `sfixed64`. */
  fixed64(field: i32, value: u64): ProtobufWriter {
    this.tag(field, WireType.Fixed64);
    this.fixed(value, 8);
    return this;
  }

  /** A `fixed32`, or the octets of a `sfixed32`. */
  fixed32(field: i32, value: u32): ProtobufWriter {
    this.tag(field, WireType.Fixed32);
    this.fixed(<u64>value, 4);
    return this;
  }

  /** As string, bytes, or a message that has been serialized. */
  bytes<T>(field: i32, value: T): ProtobufWriter {
    const octets = Bytes.of<T>(value);
    this.tag(field, WireType.Length);
    this.varint(<u64>octets.length);
    this.out.write(octets);
    return this;
  }

  /** A nested message. */
  message(field: i32, value: ProtobufWriter): ProtobufWriter {
    return this.bytes(field, value.view());
  }

  /** What was written, in place: good until the next field is. */
  view(): Bytes {
    return this.out.view();
  }

  /** A copy of what was written. */
  toBytes(): Bytes {
    return this.out.toBytes();
  }

  private tag(field: i32, type: WireType): void {
    this.varint(((<u64>field) << 3) | (<u64>type));
  }

  private varint(value: u64): void {
    while (value > 0x7f) {
      this.out.writeByte(<u8>((value & 0x7f) | 0x80));
      value >>= 7;
    }
    this.out.writeByte(<u8>value);
  }

  private fixed(value: u64, size: i32): void {
    for (let i = 0; i < size; i++) this.out.writeByte(<u8>(value >> ((<u64>i) << 3)));
  }
}
