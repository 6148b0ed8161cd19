// SPDX-License-Identifier: Apache-2.0
import { copyLimbs, highPart, isZero, LIMB_BITS, lowLimb } from "./field-limbs";
import { Modulus } from "./field-modulus";
import { COLUMNS, product9, square9 } from "./field-product";

// The field of Curve25519, modulo p = 2^255 - 19, in 9 limbs (see field-limbs.ts). Not in Montgomery's form: what is above
// 2^261 comes back 64 × 19 times, and what is above 2^255 comes back 19 times.

export const LIMBS: i32 = 9;
/** Octets of an element in memory. */
export const ELEMENT: i32 = 4 * LIMBS;

const FOLD_261: i64 = 19 << 6;
const TOP_BITS: i32 = 255 - 8 * LIMB_BITS;

/** p as a modulus of its own: for what is the same for all of them. */
const p25519 = new Modulus("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed", LIMBS);

/** `out = a × b`, reduced. How loose a and b may be, see field-product.ts. */
export function multiply(out: usize, a: usize, b: usize): void {
  product9(a, b);
  reduce(out);
}

/** `out = a²`, reduced. */
export function square(out: usize, a: usize): void {
  square9(a);
  reduce(out);
}

/** The columns of a product, reduced. Two chains of carries: the upper half, which is folded into the lower, and that. */
function reduce(out: usize): void {
  let c9 = load<i64>(COLUMNS, 9 * 8);
  let c10 = load<i64>(COLUMNS, 10 * 8) + highPart(c9);
  let c11 = load<i64>(COLUMNS, 11 * 8) + highPart(c10);
  let c12 = load<i64>(COLUMNS, 12 * 8) + highPart(c11);
  let c13 = load<i64>(COLUMNS, 13 * 8) + highPart(c12);
  let c14 = load<i64>(COLUMNS, 14 * 8) + highPart(c13);
  let c15 = load<i64>(COLUMNS, 15 * 8) + highPart(c14);
  let c16 = load<i64>(COLUMNS, 16 * 8) + highPart(c15);

  let c0 = load<i64>(COLUMNS, 0 * 8) + FOLD_261 * <i64>lowLimb(c9);
  let c1 = load<i64>(COLUMNS, 1 * 8) + FOLD_261 * <i64>lowLimb(c10) + highPart(c0);
  let c2 = load<i64>(COLUMNS, 2 * 8) + FOLD_261 * <i64>lowLimb(c11) + highPart(c1);
  let c3 = load<i64>(COLUMNS, 3 * 8) + FOLD_261 * <i64>lowLimb(c12) + highPart(c2);
  let c4 = load<i64>(COLUMNS, 4 * 8) + FOLD_261 * <i64>lowLimb(c13) + highPart(c3);
  let c5 = load<i64>(COLUMNS, 5 * 8) + FOLD_261 * <i64>lowLimb(c14) + highPart(c4);
  let c6 = load<i64>(COLUMNS, 6 * 8) + FOLD_261 * <i64>lowLimb(c15) + highPart(c5);
  let c7 = load<i64>(COLUMNS, 7 * 8) + FOLD_261 * <i64>lowLimb(c16) + highPart(c6);
  let c8 = load<i64>(COLUMNS, 8 * 8) + FOLD_261 * highPart(c16) + highPart(c7);
  const high = (c8 + (1 << (TOP_BITS - 1))) >> TOP_BITS;
  c0 = <i64>lowLimb(c0) + 19 * high;
  store<i32>(out, lowLimb(c0), 0 * 4);
  store<i32>(out, lowLimb(c1) + <i32>highPart(c0), 1 * 4);
  store<i32>(out, lowLimb(c2), 2 * 4);
  store<i32>(out, lowLimb(c3), 3 * 4);
  store<i32>(out, lowLimb(c4), 4 * 4);
  store<i32>(out, lowLimb(c5), 5 * 4);
  store<i32>(out, lowLimb(c6), 6 * 4);
  store<i32>(out, lowLimb(c7), 7 * 4);
  store<i32>(out, <i32>(c8 - (high << TOP_BITS)), 8 * 4);
}

/** `out = a + b`, loose. */
export function add(out: usize, a: usize, b: usize): void {
  store<i32>(out, load<i32>(a, 0 * 4) + load<i32>(b, 0 * 4), 0 * 4);
  store<i32>(out, load<i32>(a, 1 * 4) + load<i32>(b, 1 * 4), 1 * 4);
  store<i32>(out, load<i32>(a, 2 * 4) + load<i32>(b, 2 * 4), 2 * 4);
  store<i32>(out, load<i32>(a, 3 * 4) + load<i32>(b, 3 * 4), 3 * 4);
  store<i32>(out, load<i32>(a, 4 * 4) + load<i32>(b, 4 * 4), 4 * 4);
  store<i32>(out, load<i32>(a, 5 * 4) + load<i32>(b, 5 * 4), 5 * 4);
  store<i32>(out, load<i32>(a, 6 * 4) + load<i32>(b, 6 * 4), 6 * 4);
  store<i32>(out, load<i32>(a, 7 * 4) + load<i32>(b, 7 * 4), 7 * 4);
  store<i32>(out, load<i32>(a, 8 * 4) + load<i32>(b, 8 * 4), 8 * 4);
}

/** `out = a - b`, loose. */
export function subtract(out: usize, a: usize, b: usize): void {
  store<i32>(out, load<i32>(a, 0 * 4) - load<i32>(b, 0 * 4), 0 * 4);
  store<i32>(out, load<i32>(a, 1 * 4) - load<i32>(b, 1 * 4), 1 * 4);
  store<i32>(out, load<i32>(a, 2 * 4) - load<i32>(b, 2 * 4), 2 * 4);
  store<i32>(out, load<i32>(a, 3 * 4) - load<i32>(b, 3 * 4), 3 * 4);
  store<i32>(out, load<i32>(a, 4 * 4) - load<i32>(b, 4 * 4), 4 * 4);
  store<i32>(out, load<i32>(a, 5 * 4) - load<i32>(b, 5 * 4), 5 * 4);
  store<i32>(out, load<i32>(a, 6 * 4) - load<i32>(b, 6 * 4), 6 * 4);
  store<i32>(out, load<i32>(a, 7 * 4) - load<i32>(b, 7 * 4), 7 * 4);
  store<i32>(out, load<i32>(a, 8 * 4) - load<i32>(b, 8 * 4), 8 * 4);
}

/** Makes a loose number canonical. */
export function normalize(number: usize): void {
  p25519.normalize(number);
}

/** Whether a loose number is zero; makes it canonical. */
export function vanishes(number: usize): bool {
  p25519.normalize(number);
  return isZero(number, LIMBS);
}

/** `out = 1/a` of a loose number, which becomes canonical. */
export function invert(out: usize, a: usize): void {
  p25519.normalize(a);
  p25519.invert(out, a);
}

/** `out = a^(2^252 - 3)`, which is a^((p - 5) / 8): what square roots are made of. */
export function power252(out: usize, a: usize): void {
  copyLimbs(base, a, LIMBS);
  copyLimbs(out, a, LIMBS);
  for (let bit = 250; bit >= 0; bit--) {
    square(out, out);
    if (bit != 1) multiply(out, out, base);
  }
}

const base: usize = memory.data(ELEMENT, 8);
