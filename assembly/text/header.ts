// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";
import { controlsIn, fewOctets } from "./octets";

// Envoy's Wasm host does not check what a filter writes: a value with a line break in it goes out as two headers over
// HTTP/1.1 (response splitting; shown on 1.40.0), and other control characters make HTTP/2 peers reset the stream.

/** 1 for the octets of a token (RFC 9110 section 5.6.2): digits, letters and !#$%&'*+-.^_`|~ */
// prettier-ignore
const TOKEN: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
  0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0,
]);

const COLON: i32 = 0x3a;
const BLANKS: u64 = 0x2020202020202020;

/** Whether a header field may have this name: a token. */
export function isHeaderName(name: Bytes): bool {
  return name.length > 0 && isToken(name.ptr, name.ptr + <usize>name.length);
}

/** Whether this is the name of a pseudo header such as `:path`. */
export function isPseudoHeaderName(name: Bytes): bool {
  return name.length > 1 && name.at(0) == COLON && isToken(name.ptr + 1, name.ptr + <usize>name.length);
}

/** Whether a header field may have this value: no control characters but the tab (RFC 9110 section 5.5). */
export function isHeaderValue(value: Bytes): bool {
  let ptr = value.ptr;
  const size = <usize>value.length;
  for (const end = ptr + (size & ~7); ptr < end; ptr += 8) {
    if (controlsIn(load<u64>(ptr)) != 0 && !hasTabsOnly(ptr, 8)) return false;
  }
  const rest = size & 7;
  const missing = (<u64>rest) << 3;
  return controlsIn(fewOctets(ptr, rest) | (BLANKS << missing)) == 0 || hasTabsOnly(ptr, rest);
}

/** Whether the tab is the only control character among these. */
function hasTabsOnly(ptr: usize, size: usize): bool {
  for (const end = ptr + size; ptr < end; ptr++) {
    const octet = load<u8>(ptr);
    if ((octet < 0x20 && octet != 0x09) || octet == 0x7f) return false;
  }
  return true;
}

function isToken(ptr: usize, end: usize): bool {
  for (; ptr < end; ptr++) {
    const octet = <usize>load<u8>(ptr);
    if (octet > 0x7f || load<u8>(TOKEN + octet) == 0) return false;
  }
  return true;
}
