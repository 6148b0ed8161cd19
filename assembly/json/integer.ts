// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { isDigit } from "./number";

const MAX_MAGNITUDE: u64 = 1 << 63;
/** More than a document has digits, so nothing brings such an exponent back into range. */
const MAX_EXPONENT: i32 = 100_000_000;

/** What `readInteger` has read. */
export let integer: i64 = 0;

/**
 * Reads the number at `at` into `integer`. False when it has a fraction or needs more than 64 bits. How it is written
 * does not matter: 1.5e3 and 1500.0 are integers, and protobuf's JSON does write large ones that way.
 */
export function readInteger(document: Bytes, at: i32): bool {
  const negative = document.at(at) == 0x2d;
  if (negative) at++;
  let magnitude: u64 = 0;
  let zeros = 0;
  let scale = 0;
  let fraction = 0;
  for (; ; at++) {
    const octet = document.at(at);
    if (octet == 0x2e) fraction = 1;
    else if (!isDigit(octet)) break;
    else {
      scale -= fraction;
      zeros++;
      if (octet == 0x30) continue;
      // Only now do the zeros before this digit count: those at the end go into the scale.
      for (; zeros > 0; zeros--) {
        if (magnitude > MAX_MAGNITUDE / 10) return false;
        magnitude *= 10;
      }
      magnitude += octet - 0x30;
    }
  }
  scale += zeros + exponentAt(document, at);
  if (magnitude == 0) scale = 0;
  if (scale < 0) return false;
  for (; scale > 0; scale--) {
    if (magnitude > MAX_MAGNITUDE / 10) return false;
    magnitude *= 10;
  }
  if (magnitude > MAX_MAGNITUDE - u64(!negative)) return false;
  integer = negative ? 0 - <i64>magnitude : <i64>magnitude;
  return true;
}

/** The exponent at `at`, 0 where there is none. */
export function exponentAt(document: Bytes, at: i32): i32 {
  if ((document.at(at) | 0x20) != 0x65) return 0;
  const sign = document.at(++at);
  if (!isDigit(sign)) at++;
  let exponent = 0;
  for (let octet = document.at(at); isDigit(octet); octet = document.at(++at)) {
    if (exponent < MAX_EXPONENT) exponent = exponent * 10 + octet - 0x30;
  }
  return sign == 0x2d ? -exponent : exponent;
}
