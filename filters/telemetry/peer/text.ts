// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { controlsIn, HIGH_BITS } from "tremula/assembly/text/octets";

/** Octets of the longest name, label or value that is believed; in Kubernetes the longest have 317. */
export const LONGEST: i32 = 512;

/**
 * Whether octets can be a value of a peer: not too long, UTF-8 (as `string` in protobuf must be), and without the control
 * characters that no name has and that would break lines in metrics and logs.
 */
export function isPlausible(text: Bytes): bool {
  if (text.length > LONGEST) return false;
  const end = text.ptr + <usize>text.length;
  let ptr = text.ptr;
  // Nearly all are ASCII.
  for (; end - ptr >= 8; ptr += 8) {
    const octets = load<u64>(ptr);
    if ((octets & HIGH_BITS) != 0) break;
    if (controlsIn(octets) != 0) return false;
  }
  while (ptr < end) {
    const octet = <u32>load<u8>(ptr);
    if (octet < 0x20 || octet == 0x7f) return false;
    const size = sequenceSize(octet);
    if (size == 0 || end - ptr < <usize>size) return false;
    if (!isSequence(ptr, octet, size)) return false;
    ptr += <usize>size;
  }
  return true;
}

/** How many octets the sequence has that begins with this one (RFC 3629 section 4); 0 when none does. */
function sequenceSize(first: u32): i32 {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** Whether the octets behind the first one go with it: neither overlong, nor a surrogate, nor past U+10FFFF. */
function isSequence(ptr: usize, first: u32, size: i32): bool {
  for (let i = 1; i < size; i++) {
    if ((load<u8>(ptr + <usize>i) & 0xc0) != 0x80) return false;
  }
  if (size < 3) return true;
  const second = <u32>load<u8>(ptr, 1);
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second < 0xa0;
  if (first == 0xf0) return second >= 0x90;
  return first != 0xf4 || second < 0x90;
}
