// SPDX-License-Identifier: Apache-2.0

const REPLACEMENT: u16 = 0xfffd;

/**
 * Decodes UTF-8 as the WHATWG Encoding Standard does: each maximal part of an ill-formed sequence becomes one U+FFFD,
 * so no octets can trap, be read outside the range, or decode to a surrogate.
 */
export function decodeUtf8(ptr: usize, length: i32): string {
  // A unit is at most one per octet: three octets give one unit, four give two.
  const units = new ArrayBuffer(length << 1);
  let out = changetype<usize>(units);
  const end = ptr + <usize>length;
  while (ptr < end) {
    const first = <u32>load<u8>(ptr);
    const size = first < 0x80 ? 1 : sequenceSize(ptr, end);
    if (size <= 1) {
      store<u16>(out, size == 1 ? <u16>first : REPLACEMENT);
      ptr += <usize>abs(size);
      out += 2;
      continue;
    }
    let point = first & (0x7f >> size);
    for (const stop = ptr + <usize>size; ++ptr < stop;) point = (point << 6) | ((<u32>load<u8>(ptr)) & 0x3f);
    if (point < 0x10000) {
      store<u16>(out, <u16>point);
      out += 2;
    } else {
      point -= 0x10000;
      store<u16>(out, <u16>(0xd800 | (point >> 10)));
      store<u16>(out, <u16>(0xdc00 | (point & 0x3ff)), 2);
      out += 4;
    }
  }
  return String.UTF16.decodeUnsafe(changetype<usize>(units), out - changetype<usize>(units));
}

/**
 * Octets of the well-formed sequence at `ptr`, or minus those of the maximal part of an ill-formed one. `ptr` must be
 * below `end`.
 */
export function sequenceSize(ptr: usize, end: usize): i32 {
  const first = <u32>load<u8>(ptr);
  if (first < 0x80) return 1;
  const size = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The second octet's range depends on the first (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing
  // above U+10FFFF.
  let lowest: u32 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  let highest: u32 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < size; i++) {
    const next = ++ptr < end ? <u32>load<u8>(ptr) : 0;
    if (next < lowest || next > highest) return -i;
    lowest = 0x80;
    highest = 0xbf;
  }
  return size == 0 ? -1 : size;
}
