// SPDX-License-Identifier: Apache-2.0
import { Pairs } from "../abi/wire";
import { Bytes } from "../text/bytes";

/**
 * A value as Envoy serializes attributes, metadata and what expressions give (source/extensions/common/wasm/context.cc,
 * serializeValue). It does not say of which type it is: ask for the one that it must have. Eight octets are a number for
 * whoever wants one, also when they are a string.
 */
@final
export class Value {
  constructor(
    /** A string, bytes, or a serialized message; any other as the host wrote it. */
    public readonly bytes: Bytes,
  ) {}

  /** An integer, a duration or a time in nanoseconds; `other` when it is none. */
  int(other: i64 = 0): i64 {
    return this.bytes.length == 8 ? load<i64>(this.bytes.ptr) : other;
  }

  /** A number of JSON or metadata, or a double; `other` when it is none. */
  double(other: f64 = NaN): f64 {
    return this.bytes.length == 8 ? load<f64>(this.bytes.ptr) : other;
  }

  /** A boolean; false for what is none. */
  get bool(): bool {
    return this.bytes.length == 1 && this.bytes.at(0) == 1;
  }

  /** A map or a struct, as pairs of names and values; a list, as pairs whose names are its elements. */
  get pairs(): Pairs {
    return new Pairs(this.bytes);
  }

  /** A string as text, decoded as `Bytes.toString` does. */
  toString(): string {
    return this.bytes.toString();
  }
}
