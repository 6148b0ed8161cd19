// SPDX-License-Identifier: Apache-2.0

// Large numbers as limbs of 27 bits in u32s, the lowest first. A product of two limbs takes 54 bits, so that a u64 holds
// the sum of 1,024 of them: every column of a product and of its reduction, for moduli of up to 8,192 bits, without a
// carry in between. 27 bits fit the usual sizes without waste: 2,048 bits are 76 limbs, 4,096 are 152.

/** Bits in a limb. */
export const LIMB_BITS: u32 = 27;

/** What is in a limb when all its bits are set. */
export const LIMB_MASK: u32 = (1 << LIMB_BITS) - 1;

/** Reads a number, `length` octets in network order, into `count` limbs that are enough for it. */
export function readLimbs(limbs: usize, count: i32, octets: usize, length: i32): void {
  let pending: u64 = 0;
  let bits: u32 = 0;
  let next = length - 1;
  for (let i = 0; i < count; i++) {
    while (bits < LIMB_BITS && next >= 0) {
      pending |= (<u64>load<u8>(octets + <usize>next)) << bits;
      bits += 8;
      next--;
    }
    store<u32>(limbs + ((<usize>i) << 2), (<u32>pending) & LIMB_MASK);
    pending >>= LIMB_BITS;
    bits = bits > LIMB_BITS ? bits - LIMB_BITS : 0;
  }
}

/** Writes a number below 256 to the power of `length` as `length` octets in network order. */
export function writeLimbs(limbs: usize, count: i32, octets: usize, length: i32): void {
  let pending: u64 = 0;
  let bits: u32 = 0;
  let next = 0;
  for (let i = length - 1; i >= 0; i--) {
    if (bits < 8 && next < count) {
      pending |= (<u64>load<u32>(limbs + ((<usize>next) << 2))) << bits;
      bits += LIMB_BITS;
      next++;
    }
    store<u8>(octets + <usize>i, <u8>pending);
    pending >>= 8;
    bits = bits > 8 ? bits - 8 : 0;
  }
}

/** Whether `a` is `b` or more. */
export function atLeast(a: usize, b: usize, count: i32): bool {
  for (let i = (<usize>count) << 2; i > 0;) {
    i -= 4;
    const left = load<u32>(a + i);
    const right = load<u32>(b + i);
    if (left != right) return left > right;
  }
  return true;
}

/** Takes `b` off `a`, which is not smaller. */
export function subtractLimbs(a: usize, b: usize, count: i32): void {
  let borrow: u32 = 0;
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 4) {
    const difference = load<u32>(a + i) - load<u32>(b + i) - borrow;
    store<u32>(a + i, difference & LIMB_MASK);
    borrow = difference >> 31;
  }
}

/** Doubles `a`; the result must fit in its limbs. */
export function doubleLimbs(a: usize, count: i32): void {
  let carry: u32 = 0;
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 4) {
    const doubled = (load<u32>(a + i) << 1) | carry;
    store<u32>(a + i, doubled & LIMB_MASK);
    carry = doubled >> LIMB_BITS;
  }
}
