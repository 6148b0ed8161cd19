// SPDX-License-Identifier: Apache-2.0

/** Octets of the `:port` that a host ends with; 0 without one. The colons of an IPv6 address in brackets are none. */
export function portLength(ptr: usize, length: i32): i32 {
  let digits = 0;
  while (digits < length && <u32>load<u8>(ptr + <usize>(length - 1 - digits)) - 0x30 < 10) digits++;
  const colon = length - 1 - digits;
  if (digits == 0 || colon <= 0 || load<u8>(ptr + <usize>colon) != 0x3a) return 0;
  for (let at = 0; at < colon; at++) {
    // Another colon is of an IPv6 address, which has no port behind it unless it is in brackets.
    if (load<u8>(ptr + <usize>at) == 0x3a && load<u8>(ptr + <usize>(colon - 1)) != 0x5d) return 0;
  }
  return digits + 1;
}
