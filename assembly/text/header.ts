// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";

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
  const end = value.ptr + <usize>value.length;
  for (let ptr = value.ptr; ptr < end; ptr++) {
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
