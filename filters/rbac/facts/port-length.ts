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

/**
 * Octets of the host that Envoy looks for a virtual host by, with `ignore_port_in_host_matching`: up to the last colon that
 * is not in brackets, whatever is behind it (source/common/http/header_utility.cc, getPortStart; measured on 1.40.0).
 */
export function routedLength(ptr: usize, length: i32): i32 {
  for (let at = length - 1; at >= 0; at--) {
    const octet = load<u8>(ptr + <usize>at);
    if (octet == 0x3a) return at;
    if (octet == 0x5d) break;
  }
  return length;
}
