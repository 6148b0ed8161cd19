// SPDX-License-Identifier: Apache-2.0
import { Curve, EcCurve } from "./ec-curve";
import { copyLimbs, isZero, LIMB_BITS, MAX_LIMBS } from "./field-limbs";
import { Modulus } from "./field-modulus";
import { product, square as squareColumns } from "./field-product";
import { reduce256 } from "./p256";
import { reduce384 } from "./p384";
import { fold521, reduce521 } from "./p521";

// The field of one curve at a time: `select` says of which, for all that follows. Numbers are in Montgomery's form, that is
// multiplied by R = 2^(29 × limbs), and a product comes divided by R. See field-limbs.ts for what reduced and loose are.
//
// How far a value may be from zero: a product of numbers within x p and y p is within (x y p / R + 1/2) p, where p / R is
// 1/32 for P-256 and next to nothing for P-384; for P-521 what is above 2^521 is folded. Values stay within 8p so.

/** Octets between numbers in memory that has room for those of every curve. */
export const STRIDE: i32 = 4 * MAX_LIMBS;

/** How many limbs a number has now. */
export let limbs: i32 = 0;
let curve: Curve = Curve.P256;
let size: usize = 0;
let prime: Modulus | null = null;

/** 1, not multiplied by R: a product with it divides by R. */
const UNIT: usize = memory.data(STRIDE, 8);
/** 1 of the field, that is R. */
export const ONE: usize = memory.data(STRIDE, 8);
const scratch: usize = memory.data(STRIDE, 8);

/** Makes the field of a curve the one that the functions here are about. */
export function select(chosen: EcCurve): void {
  if (prime === chosen.prime) return;
  curve = chosen.id;
  limbs = chosen.limbs;
  size = (<usize>limbs) << 2;
  prime = chosen.prime;
  store<i32>(UNIT, 1);
  multiply(ONE, UNIT, chosen.prime.squaredRadix);
}

/** `out = a × b`, reduced. How loose a and b may be, see field-product.ts. */
export function multiply(out: usize, a: usize, b: usize): void {
  product(a, b, limbs);
  reduce(out);
}

/** `out = a²`, reduced. */
export function square(out: usize, a: usize): void {
  squareColumns(a, limbs);
  reduce(out);
}

function reduce(out: usize): void {
  if (curve == Curve.P256) reduce256(out);
  else if (curve == Curve.P384) reduce384(out);
  else reduce521(out);
}

/** `out = a + b × factor`, loose. */
export function combine(out: usize, a: usize, b: usize, factor: i32): void {
  const end = size;
  for (let i: usize = 0; i < end; i += 4) store<i32>(out + i, load<i32>(a + i) + load<i32>(b + i) * factor);
}

/** Makes the limbs of a loose number small again, its value modulo p unchanged. */
export function carry(number: usize): void {
  const last = number + size - 4;
  let sum = 0;
  for (let at = number; at < last; at += 4) {
    sum += load<i32>(at);
    const high = (sum + (1 << (LIMB_BITS - 1))) >> LIMB_BITS;
    store<i32>(at, sum - (high << LIMB_BITS));
    sum = high;
  }
  store<i32>(last, load<i32>(last) + sum);
  if (curve == Curve.P521) fold521(number);
}

export function copy(out: usize, number: usize): void {
  copyLimbs(out, number, limbs);
}

/** Brings a canonical number into the field. */
export function enter(out: usize, number: usize): void {
  multiply(out, number, primeNow().squaredRadix);
}

/** Whether a number is 0 modulo p. */
export function vanishes(number: usize): bool {
  multiply(scratch, number, ONE);
  primeNow().normalize(scratch);
  return isZero(scratch, limbs);
}

/** `out = 1/a`. */
export function invert(out: usize, a: usize): void {
  const modulus = primeNow();
  multiply(scratch, a, UNIT);
  modulus.normalize(scratch);
  modulus.invert(scratch, scratch);
  multiply(out, scratch, modulus.squaredRadix);
}


@inline
function primeNow(): Modulus {
  return changetype<Modulus>(changetype<usize>(prime));
}
