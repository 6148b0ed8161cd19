// SPDX-License-Identifier: Apache-2.0
import { Bytes, ProtobufWriter } from "tremula/assembly";

/**
 * Serializes a `google.protobuf.Struct` of strings and structs, the same octets for the same members: `toBytes` writes them
 * ordered by the octets of their keys, as deterministic serialization does.
 */
@final
export class StructWriter {
  private readonly keys: Bytes[] = [];
  /** Serialized `google.protobuf.Value`s. */
  private readonly values: Bytes[] = [];

  /** Adds a string. One that is empty is left out, as Istio's peers do. */
  string<K>(key: K, value: Bytes): StructWriter {
    if (!value.isEmpty) this.add(Bytes.of<K>(key), new ProtobufWriter().bytes(3, value).toBytes());
    return this;
  }

  /** Adds a serialized struct, whatever is in it. */
  struct<K>(key: K, value: Bytes): StructWriter {
    this.add(Bytes.of<K>(key), new ProtobufWriter().bytes(5, value).toBytes());
    return this;
  }

  /** Number of members. */
  get length(): i32 {
    return this.keys.length;
  }

  /** The struct. */
  toBytes(): Bytes {
    const out = new ProtobufWriter(256);
    const entry = new ProtobufWriter(128);
    for (let i = 0; i < this.keys.length; i++) {
      out.message(1, entry.clear().bytes(1, unchecked(this.keys[i])).bytes(2, unchecked(this.values[i])));
    }
    return out.toBytes();
  }

  /** Puts a member where its key belongs; a second one of a key replaces the first. */
  private add(key: Bytes, value: Bytes): void {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (unchecked(this.keys[middle]).compare(key) < 0) low = middle + 1;
      else high = middle;
    }
    if (low < this.keys.length && unchecked(this.keys[low]).equals(key)) {
      unchecked((this.values[low] = value));
      return;
    }
    this.keys.push(key);
    this.values.push(value);
    for (let i = this.keys.length - 1; i > low; i--) {
      unchecked((this.keys[i] = this.keys[i - 1]));
      unchecked((this.values[i] = this.values[i - 1]));
    }
    unchecked((this.keys[low] = key));
    unchecked((this.values[low] = value));
  }
}
