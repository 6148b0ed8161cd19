// SPDX-License-Identifier: Apache-2.0

// Numbers of up to 522 bits, as limbs of 29 bits in signed 32-bit words, the lowest first. WebAssembly multiplies 64 bits
// by 64 and keeps 64, so limbs must be small enough for the sum of 18 products of two; 29 bits divide the sizes of the
// curves well (9, 14 and 18 limbs). A number has one value and many forms:
//
//   reduced    what a product leaves: limbs within ±2^28, give or take a carry
//   loose      sums and differences of a few reduced ones, limb by limb, not carried
//   canonical  between 0 and the modulus, limbs from 0 to 2^29 - 1: for comparing and for octets
//
// Everything here is public (keys, signatures, digests), so nothing needs to take the same time for all values.

export const LIMB_BITS: i32 = 29;
export const LIMB_MASK: i32 = (1 << LIMB_BITS) - 1;
/** For P-521. */
export const MAX_LIMBS: i32 = 18;

/** The low 29 bits as a number within ±2^28: what a limb is when the rest is carried. */
@inline
export function lowLimb(sum: i64): i32 {
  return ((<i32>sum) << 3) >> 3;
}

/** What is carried then. */
@inline
export function highPart(sum: i64): i64 {
  return (sum + (1 << (LIMB_BITS - 1))) >> LIMB_BITS;
}

/** Reads a number of `length` octets, the most significant first. False if the limbs do not hold all of it. */
export function readBigEndian(out: usize, limbs: i32, octets: usize, length: i32): bool {
  return readOctets(out, limbs, octets + <usize>length - 1, length, -1);
}

/** The same, the least significant octet first. */
export function readLittleEndian(out: usize, limbs: i32, octets: usize, length: i32): bool {
  return readOctets(out, limbs, octets, length, 1);
}

function readOctets(out: usize, limbs: i32, at: usize, length: i32, step: isize): bool {
  let bits: u64 = 0;
  let held = 0;
  for (let i = 0; i < limbs; i++) {
    while (held < LIMB_BITS && length > 0) {
      bits |= (<u64>load<u8>(at)) << held;
      held += 8;
      at += step;
      length--;
    }
    store<i32>(out + ((<usize>i) << 2), (<i32>bits) & LIMB_MASK);
    bits >>= LIMB_BITS;
    held = max(held - LIMB_BITS, 0);
  }
  for (; length > 0; length--) {
    bits |= load<u8>(at);
    at += step;
  }
  return bits == 0;
}

/** Reads a number in hexadecimal digits, which are lower case. */
export function readHex(out: usize, limbs: i32, digits: string): void {
  memory.fill(out, 0, (<usize>limbs) << 2);
  for (let i = digits.length - 1, bit = 0; i >= 0; i--) {
    const code = digits.charCodeAt(i);
    const value = code - (code < 0x61 ? 0x30 : 0x57);
    // A digit may lie across two limbs; the last bits of a number never do.
    const at = out + ((<usize>(bit / LIMB_BITS)) << 2);
    const shift = bit % LIMB_BITS;
    store<i32>(at, (load<i32>(at) | (value << shift)) & LIMB_MASK);
    const spilled = value >> (LIMB_BITS - shift);
    if (spilled != 0) store<i32>(at, spilled, 4);
    bit += 4;
  }
}

/** Writes the low `length` octets of a canonical number, the least significant first. */
export function writeLittleEndian(out: usize, length: i32, number: usize, limbs: i32): void {
  let bits: u64 = 0;
  let held = 0;
  for (let i = 0; i < length; i++) {
    if (held < 8 && limbs > 0) {
      bits |= (<u64>load<u32>(number)) << held;
      held += LIMB_BITS;
      number += 4;
      limbs--;
    }
    store<u8>(out + <usize>i, <u8>bits);
    bits >>= 8;
    held = max(held - 8, 0);
  }
}

/** Makes every limb but the last, which has the sign, one from 0 to 2^29 - 1. */
export function settle(number: usize, limbs: i32): void {
  let carry = 0;
  const end = number + ((<usize>limbs - 1) << 2);
  for (let at = number; at < end; at += 4) {
    const sum = load<i32>(at) + carry;
    store<i32>(at, sum & LIMB_MASK);
    carry = sum >> LIMB_BITS;
  }
  store<i32>(end, load<i32>(end) + carry);
}

/** Negative, zero or positive, as the settled numbers `a` and `b` compare. */
export function compareLimbs(a: usize, b: usize, limbs: i32): i32 {
  for (let offset = (<usize>limbs) << 2; offset > 0;) {
    offset -= 4;
    const left = load<i32>(a + offset);
    const right = load<i32>(b + offset);
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

/** `number += other × factor`, where factor is small. */
export function addLimbs(number: usize, other: usize, limbs: i32, factor: i32): void {
  const end = number + ((<usize>limbs) << 2);
  for (; number < end; number += 4) {
    store<i32>(number, load<i32>(number) + load<i32>(other) * factor);
    other += 4;
  }
}

export function copyLimbs(out: usize, number: usize, limbs: i32): void {
  memory.copy(out, number, (<usize>limbs) << 2);
}

/** Whether a settled number is zero. */
export function isZero(number: usize, limbs: i32): bool {
  let all = 0;
  const end = number + ((<usize>limbs) << 2);
  for (; number < end; number += 4) all |= load<i32>(number);
  return all == 0;
}
