// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { controlsIn, copyOctets, fewOctets, HIGH_BITS } from "../text/octets";
import { sequenceSize } from "../text/utf8";
import { ByteWriter } from "../text/writer";

/** Octets of a value that are kept; what peers send may be as long as they like. */
const MAX_OCTETS: i32 = 1024;
const SEMICOLON: u8 = 0x3b;
const UNDERSCORE: u8 = 0x5f;

const BLANKS: u64 = 0x2020202020202020;
const ONES: u64 = 0x0101010101010101;
const SEMICOLONS: u64 = 0x3b3b3b3b3b3b3b3b;

/**
 * Writes a value so that it stays one value. `;.;` ends it for Envoy's rules, so semicolons become underscores; so do control
 * characters and what is not UTF-8, with which nothing that Envoy exposes to Prometheus could be read any more.
 */
export function writeTagValue(line: ByteWriter, value: Bytes): void {
  const size = <usize>min(value.length, MAX_OCTETS);
  // No octet becomes more than one.
  const to = line._reserve(<i32>size);
  if (isPlain(value.ptr, size)) {
    copyOctets(to, value.ptr, size);
    line._endAt(to + size);
  } else {
    line._endAt(writeMended(to, value.ptr, size));
  }
}

/** Whether all octets are printable ASCII and none is a semicolon, as nearly always. */
function isPlain(ptr: usize, size: usize): bool {
  const end = ptr + (size & ~7);
  for (; ptr < end; ptr += 8) if (!areEightPlain(load<u64>(ptr))) return false;
  const rest = size & 7;
  const missing = (<u64>rest) << 3;
  return areEightPlain(fewOctets(ptr, rest) | (BLANKS << missing));
}


@inline
function areEightPlain(octets: u64): bool {
  // In ASCII, only a semicolon makes this borrow; what it borrows from may look like one too, but then one is there.
  const semicolons = (octets ^ SEMICOLONS) - ONES;
  return ((octets | semicolons | controlsIn(octets)) & HIGH_BITS) == 0;
}

/** Returns where what it has written ends. */
function writeMended(to: usize, ptr: usize, size: usize): usize {
  const end = ptr + size;
  while (ptr < end) {
    const octet = load<u8>(ptr);
    if (octet < 0x80) {
      store<u8>(to, octet < 0x20 || octet == 0x7f || octet == SEMICOLON ? UNDERSCORE : octet);
      ptr++;
      to++;
      continue;
    }
    const sequence = sequenceSize(ptr, end);
    if (sequence > 0) {
      copyOctets(to, ptr, <usize>sequence);
      to += <usize>sequence;
    } else {
      store<u8>(to, UNDERSCORE);
      to++;
    }
    ptr += <usize>abs(sequence);
  }
  return to;
}
