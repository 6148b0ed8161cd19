// SPDX-License-Identifier: Apache-2.0

const REPLACEMENT: u32 = 0xfffd;

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
    if (first < 0x80) {
      store<u16>(out, <u16>first);
      ptr++;
      out += 2;
      continue;
    }
    const need = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    ptr++;
    let point = need == 0 ? REPLACEMENT : first & (0x3f >> need);
    for (let i = 1; i <= need; i++) {
      const next = ptr < end ? <u32>load<u8>(ptr) : 0;
      if (next < lowest(first, i) || next > highest(first, i)) {
        point = REPLACEMENT;
        break;
      }
      point = (point << 6) | (next & 0x3f);
      ptr++;
    }
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

// The second octet's range depends on the first (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing
// above U+10FFFF.
@inline
function lowest(first: u32, index: i32): u32 {
  if (index == 1 && first == 0xe0) return 0xa0;
  if (index == 1 && first == 0xf0) return 0x90;
  return 0x80;
}

@inline
function highest(first: u32, index: i32): u32 {
  if (index == 1 && first == 0xed) return 0x9f;
  if (index == 1 && first == 0xf4) return 0x8f;
  return 0xbf;
}
