// SPDX-License-Identifier: Apache-2.0

// @ts-ignore: decorator
@inline
export function isDigit(octet: u32): bool {
  return octet - 0x30 < 10;
}

/** Where the number at `at` ends. One that breaks off, and only that, ends in something else than a digit. */
export function numberEnd(at: usize): usize {
  if (load<u8>(at) == 0x2d) at++;
  if (load<u8>(at) == 0x30) at++;
  else if (isDigit(load<u8>(at))) at = digitsEnd(at);
  else return at;
  if (load<u8>(at) == 0x2e) {
    at++;
    if (!isDigit(load<u8>(at))) return at;
    at = digitsEnd(at);
  }
  if ((load<u8>(at) | 0x20) == 0x65) {
    at++;
    const sign = load<u8>(at);
    if (sign == 0x2b || sign == 0x2d) at++;
    at = digitsEnd(at);
  }
  return at;
}

function digitsEnd(at: usize): usize {
  while (isDigit(load<u8>(at))) at++;
  return at;
}
