// SPDX-License-Identifier: Apache-2.0
import { isDigit } from "./number";

/** More than a document has digits, so nothing brings such an exponent back into range. */
const MAX_EXPONENT: i32 = 100_000_000;

/** What `readI64` and `readU64` have read. */
export let integer: u64 = 0;

/** Reads the number at `at` into `integer`, which holds an `i64` then. False when it is no integer of that range. */
export function readI64(at: usize): bool {
  const isNegative = load<u8>(at) == 0x2d;
  if (!readMagnitude(isNegative ? at + 1 : at) || integer > <u64>i64.MAX_VALUE + u64(isNegative))
    return false;
  if (isNegative) integer = 0 - integer;
  return true;
}

/** The same for a `u64`. -0 is 0. */
export function readU64(at: usize): bool {
  const isNegative = load<u8>(at) == 0x2d;
  return readMagnitude(isNegative ? at + 1 : at) && !(isNegative && integer != 0);
}

/**
 * Reads the number at `at`, without a sign, into `integer`. False when it has a fraction or needs more than 64 bits. How
 * it is written does not matter: 1.5e3 and 1500.0 are integers, and protobuf's JSON does write large ones that way.
 */
function readMagnitude(at: usize): bool {
  let magnitude: u64 = 0;
  let zeros = 0;
  let scale = 0;
  let decimals = 0;
  for (; ; at++) {
    const octet = <u32>load<u8>(at);
    if (octet == 0x2e) decimals = 1;
    else if (!isDigit(octet)) break;
    else {
      scale -= decimals;
      zeros++;
      if (octet == 0x30) continue;
      // Only now do the zeros before this digit count: those at the end go into the scale.
      for (; zeros > 0; zeros--) {
        if (magnitude > u64.MAX_VALUE / 10) return false;
        magnitude *= 10;
      }
      const digit: u64 = octet - 0x30;
      if (magnitude > u64.MAX_VALUE - digit) return false;
      magnitude += digit;
    }
  }
  if (magnitude != 0) {
    scale += zeros + exponentAt(at);
    if (scale < 0) return false;
    for (; scale > 0; scale--) {
      if (magnitude > u64.MAX_VALUE / 10) return false;
      magnitude *= 10;
    }
  }
  integer = magnitude;
  return true;
}

/** The exponent at `at`, 0 where there is none. */
export function exponentAt(at: usize): i32 {
  if ((load<u8>(at) | 0x20) != 0x65) return 0;
  const sign = load<u8>(++at);
  if (!isDigit(sign)) at++;
  let exponent = 0;
  for (let octet = load<u8>(at); isDigit(octet); octet = load<u8>(++at)) {
    if (exponent < MAX_EXPONENT) exponent = exponent * 10 + octet - 0x30;
  }
  return sign == 0x2d ? -exponent : exponent;
}
