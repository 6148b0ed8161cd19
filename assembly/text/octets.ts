// SPDX-License-Identifier: Apache-2.0

// Names, tags and header values are short, and a `memory.copy` or a loop over single octets costs more there than the work
// itself. So these go by eight octets, and what is left over is read once more together with octets before it.

const WORD: usize = 8;
/** From here on the machine's own copy is faster. */
const MANY: usize = 64;
/** The high bit of each of eight octets. */
export const HIGH_BITS: u64 = 0x8080808080808080;
/** 2^64 divided by the golden ratio, made odd. */
const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;

/** As `memory.compare`, which the compiler inlines wherever it is called. */
export function compareOctets(a: usize, b: usize, size: usize): i32 {
  return memory.compare(a, b, size);
}

/** Whether the octets at `a` and at `b` are the same. */
export function sameOctets(a: usize, b: usize, size: usize): bool {
  if (size < WORD) return fewOctets(a, size) == fewOctets(b, size);
  const last = size - WORD;
  for (let at: usize = 0; at < last; at += WORD) if (load<u64>(a + at) != load<u64>(b + at)) return false;
  return load<u64>(a + last) == load<u64>(b + last);
}

/** The same with ASCII letters of either case taken as the same. */
export function sameIgnoringCase(a: usize, b: usize, size: usize): bool {
  for (; size >= WORD; size -= WORD) {
    if (lowerCase(load<u64>(a)) != lowerCase(load<u64>(b))) return false;
    a += WORD;
    b += WORD;
  }
  return lowerCase(fewOctets(a, size)) == lowerCase(fewOctets(b, size));
}

/** Eight octets with the capitals of ASCII made small. */
@inline
function lowerCase(octets: u64): u64 {
  const low = octets & 0x7f7f7f7f7f7f7f7f;
  // The high bit says what is A or above, and what is above Z. No sum carries into the next octet.
  const capitals = (low + 0x3f3f3f3f3f3f3f3f) & ~(low + 0x2525252525252525) & ~octets & HIGH_BITS;
  return octets | (capitals >> 2);
}

/** Copies octets to where they do not overlap with themselves. */
export function copyOctets(to: usize, from: usize, size: usize): void {
  if (size > MANY) {
    memory.copy(to, from, size);
  } else if (size >= WORD) {
    const last = size - WORD;
    for (let at: usize = 0; at < last; at += WORD) store<u64>(to + at, load<u64>(from + at));
    store<u64>(to + last, load<u64>(from + last));
  } else if (size >= 4) {
    const last = size - 4;
    const tail = load<u32>(from + last);
    store<u32>(to, load<u32>(from));
    store<u32>(to + last, tail);
  } else if (size > 0) {
    const middle = size >> 1;
    const last = size - 1;
    store<u8>(to, load<u8>(from));
    store<u8>(to + middle, load<u8>(from + middle));
    store<u8>(to + last, load<u8>(from + last));
  }
}

/** Fewer than eight octets as one number, with zeros for those that are not there; reads none beyond them. */
export function fewOctets(ptr: usize, size: usize): u64 {
  if (size >= 4) {
    const last = size - 4;
    const shift = (<u64>last) << 3;
    return (<u64>load<u32>(ptr)) | ((<u64>load<u32>(ptr + last)) << shift);
  }
  if (size == 0) return 0;
  const middle = size >> 1;
  const last = size - 1;
  const middleShift = (<u64>middle) << 3;
  const lastShift = (<u64>last) << 3;
  return (
    (<u64>load<u8>(ptr)) |
    ((<u64>load<u8>(ptr + middle)) << middleShift) |
    ((<u64>load<u8>(ptr + last)) << lastShift)
  );
}

/** Has the high bit of each of eight octets set that is a control character: below the blank, or the delete. */
@inline
export function controlsIn(octets: u64): u64 {
  const low = octets & 0x7f7f7f7f7f7f7f7f;
  // Neither sum carries into the next octet.
  const printable = (low + 0x6060606060606060) & ~(low + 0x0101010101010101);
  return ~(printable | octets) & HIGH_BITS;
}

/** A hash of octets for tables in this VM; nobody outside may rely on it. */
export function hashOctets(ptr: usize, size: usize): u32 {
  let hash = <u64>size * MULTIPLIER;
  const end = ptr + (size & ~7);
  for (; ptr < end; ptr += WORD) hash = mixed(hash ^ load<u64>(ptr));
  return <u32>mixed(hash ^ fewOctets(ptr, size & 7));
}

// A product's high bits depend on all bits below them and its low ones on few, so they are folded in.
@inline
function mixed(word: u64): u64 {
  const product = word * MULTIPLIER;
  return product ^ (product >> 32);
}
