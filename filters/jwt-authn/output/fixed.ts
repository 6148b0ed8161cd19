// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from "tremula/assembly";

const BILLION: u64 = 1_000_000_000;
/** 2^1024 has 309 digits: so many times nine. */
const GROUPS: i32 = 35;
const MILLION: f64 = 1_000_000;

// @ts-ignore: decorator
@lazy
const groups = new StaticArray<u32>(GROUPS);

/** Writes a number as C's `%f` does: all digits before the point, six behind it. */
export function writeFixed(writer: ByteWriter, value: f64): void {
  if (value < 0) writer.writeByte(0x2d);
  const magnitude = Math.abs(value);
  let whole = Math.floor(magnitude);
  let millionths = nearestEven((magnitude - whole) * MILLION);
  if (millionths >= MILLION) {
    whole += 1;
    millionths = 0;
  }
  writeWhole(writer, whole);
  writer.writeByte(0x2e);
  writePadded(writer, <u32>millionths, 100_000);
}

function nearestEven(value: f64): f64 {
  return nearest<f64>(value);
}

function writeWhole(writer: ByteWriter, whole: f64): void {
  const bits = reinterpret<u64>(whole);
  const exponent = <i32>((bits >> 52) & 0x7ff) - 1075;
  if (exponent <= 0) {
    writer.writeUint(<u64>whole);
    return;
  }
  // The mantissa, doubled as often as the exponent says, in groups of nine digits.
  let mantissa = (bits & 0xfffffffffffff) | 0x10000000000000;
  let used = 0;
  while (mantissa > 0) {
    unchecked((groups[used++] = <u32>(mantissa % BILLION)));
    mantissa /= BILLION;
  }
  for (let i = 0; i < exponent; i++) {
    let carry: u64 = 0;
    for (let j = 0; j < used; j++) {
      const doubled = ((<u64>unchecked(groups[j])) << 1) + carry;
      unchecked((groups[j] = <u32>(doubled % BILLION)));
      carry = doubled / BILLION;
    }
    if (carry > 0 && used < GROUPS) unchecked((groups[used++] = <u32>carry));
  }
  writer.writeUint(<u64>unchecked(groups[used - 1]));
  for (let j = used - 2; j >= 0; j--) writePadded(writer, unchecked(groups[j]), 100_000_000);
}

/** @param highest the power of ten of the first digit */
function writePadded(writer: ByteWriter, value: u32, highest: u32): void {
  for (let power = highest; power > 0; power /= 10) {
    writer.writeByte(<u8>(0x30 + ((value / power) % 10)));
  }
}
