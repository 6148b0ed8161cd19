// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";

export function isDigit(octet: i32): bool {
  return <u32>(octet - 0x30) < 10;
}

/** Where the number at `at` ends. One that breaks off, and only that, ends in something else than a digit. */
export function numberEnd(document: Bytes, at: i32): i32 {
  if (document.at(at) == 0x2d) at++;
  if (document.at(at) == 0x30) at++;
  else if (isDigit(document.at(at))) at = digitsEnd(document, at);
  else return at;
  if (document.at(at) == 0x2e) {
    at++;
    if (!isDigit(document.at(at))) return at;
    at = digitsEnd(document, at);
  }
  if ((document.at(at) | 0x20) == 0x65) {
    at++;
    const sign = document.at(at);
    if (sign == 0x2b || sign == 0x2d) at++;
    at = digitsEnd(document, at);
  }
  return at;
}

function digitsEnd(document: Bytes, at: i32): i32 {
  while (isDigit(document.at(at))) at++;
  return at;
}
