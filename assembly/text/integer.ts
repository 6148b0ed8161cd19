// SPDX-License-Identifier: Apache-2.0

const ZERO: u32 = 0x30;
const MINUS: u8 = 0x2d;

/** What `readInt` and `readUint` have read. */
export let integer: u64 = 0;

/** Reads octets, all of them, into `integer`: decimal digits. False when they are none, or more than 64 bits hold. */
export function readUint(ptr: usize, end: usize): bool {
  if (ptr >= end) return false;
  let value: u64 = 0;
  for (; ptr < end; ptr++) {
    const digit = <u32>load<u8>(ptr) - ZERO;
    if (digit > 9 || value > u64.MAX_VALUE / 10) return false;
    value *= 10;
    if (value > u64.MAX_VALUE - <u64>digit) return false;
    value += digit;
  }
  integer = value;
  return true;
}

/** The same with a minus before the digits, or none, into an `integer` that holds an `i64` then. */
export function readInt(ptr: usize, end: usize): bool {
  const isNegative = ptr < end && load<u8>(ptr) == MINUS;
  if (!readUint(isNegative ? ptr + 1 : ptr, end)) return false;
  if (integer > <u64>i64.MAX_VALUE + u64(isNegative)) return false;
  if (isNegative) integer = 0 - integer;
  return true;
}

/** Octets that a number has in decimal. */
export function digitsOf(value: u64): i32 {
  let digits = 1;
  for (; value >= 10000; value /= 10000) digits += 4;
  return value >= 1000 ? digits + 3 : value >= 100 ? digits + 2 : value >= 10 ? digits + 1 : digits;
}

/** Writes a number in decimal, from its last digit, which goes before `end`, to its first. */
export function writeDigits(end: usize, value: u64): void {
  for (; value > u32.MAX_VALUE; value /= 10) {
    end--;
    store<u8>(end, <u8>(ZERO + <u32>(value % 10)));
  }
  // Shorter divisions for all the rest.
  let rest = <u32>value;
  do {
    end--;
    store<u8>(end, <u8>(ZERO + (rest % 10)));
    rest /= 10;
  } while (rest != 0);
}
