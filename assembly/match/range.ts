// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";

const MAX_MAGNITUDE: u64 = 1 << 63;

/** An `envoy.type.v3.Int64Range` or `Int32Range`: from `start` on, and below `end`. */
@final
export class IntegerRange {
  constructor(
    public readonly start: i64,
    public readonly end: i64,
  ) {}

  /** Reads the message. A range that nothing is in is accepted, as by Envoy. */
  static read(message: JsonObject): IntegerRange {
    return new IntegerRange(message.i64Or("start", 0), message.i64Or("end", 0));
  }

  contains(value: i64): bool {
    return value >= this.start && value < this.end;
  }

  /**
   * Whether the `length` octets at `ptr` are a decimal integer in the range. As Envoy reads one (absl::SimpleAtoi): with a
   * sign, zeros in front and blanks around it, if need be.
   */
  containsText(ptr: usize, length: i32): bool {
    let end = ptr + <usize>length;
    while (ptr < end && isBlank(load<u8>(ptr))) ptr++;
    while (end > ptr && isBlank(load<u8>(end - 1))) end--;
    const sign = ptr < end ? load<u8>(ptr) : 0;
    if (sign == 0x2d || sign == 0x2b) ptr++;
    if (ptr == end) return false;
    let magnitude: u64 = 0;
    for (; ptr < end; ptr++) {
      const digit = <u64>load<u8>(ptr) - 0x30;
      if (digit > 9 || magnitude > MAX_MAGNITUDE / 10) return false;
      magnitude = magnitude * 10 + digit;
    }
    const isNegative = sign == 0x2d;
    if (magnitude > MAX_MAGNITUDE - u64(!isNegative)) return false;
    return this.contains(isNegative ? 0 - <i64>magnitude : <i64>magnitude);
  }
}

/** An `envoy.type.v3.DoubleRange`. */
@final
export class DoubleRange {
  constructor(
    public readonly start: f64,
    public readonly end: f64,
  ) {}

  static read(message: JsonObject): DoubleRange {
    return new DoubleRange(message.f64Or("start", 0), message.f64Or("end", 0));
  }

  contains(value: f64): bool {
    return value >= this.start && value < this.end;
  }
}

function isBlank(octet: u32): bool {
  return octet == 0x20 || octet - 0x09 < 5;
}
