// SPDX-License-Identifier: Apache-2.0
import { copyLimbs, isZero, LIMB_BITS, LIMB_MASK, MAX_LIMBS } from "./field-limbs";

// The greatest common divisor by divisions by two of Bernstein and Yang ("Fast constant-time gcd computation and modular
// inversion", 2019), here in variable time: 29 steps look at the lowest limb alone, and their effect on the whole numbers
// is a matrix that is applied once. An inverse costs a tenth of what Fermat's power costs.

/** Divided by, and dividing: f is odd, and g is zero in the end. */
const f: usize = memory.data(MAX_LIMBS * 4, 8);
const g: usize = memory.data(MAX_LIMBS * 4, 8);
/** f = d × a and g = e × a, modulo M. Both stay between -2M and M. */
const d: usize = memory.data(MAX_LIMBS * 4, 8);
const e: usize = memory.data(MAX_LIMBS * 4, 8);

// What 29 steps make of f and g: (u f + v g) / 2^29 and (q f + r g) / 2^29.
let u: i64 = 0;
let v: i64 = 0;
let q: i64 = 0;
let r: i64 = 0;
/** Minus the delta of the paper. */
let eta: i32 = 0;

/** 521 bits take 1505 steps at most (theorem 11.2 there), which are 52 turns. */
const MAX_TURNS: i32 = 60;

/**
 * `out = 1/a` modulo M, between -2M and 2M, settled; 0 for 0.
 *
 * @param a canonical
 * @param modulus M, a prime, canonical
 * @param inverseModulus 1/M modulo 2^29
 * @param limbs how many limbs each has
 */
export function inverse(out: usize, a: usize, modulus: usize, inverseModulus: i32, limbs: i32): void {
  const size = (<usize>limbs) << 2;
  copyLimbs(f, modulus, limbs);
  copyLimbs(g, a, limbs);
  memory.fill(d, 0, size);
  memory.fill(e, 0, size);
  store<i32>(e, 1);
  eta = -1;
  for (let turn = 0; turn < MAX_TURNS && !isZero(g, limbs); turn++) {
    findMatrix(load<i32>(f), load<i32>(g));
    applyExactly(size);
    applyModulo(size, modulus, inverseModulus);
  }
  // f is 1 or -1 now, so d is the inverse, or minus the inverse.
  const sign = load<i32>(f + size - 4) < 0 ? -1 : 1;
  for (let i: usize = 0; i < size; i += 4) store<i32>(out + i, load<i32>(d + i) * sign);
}

/** 29 steps on the low bits of f and g. */
function findMatrix(low: i32, high: i32): void {
  let u0 = 1;
  let v0 = 0;
  let q0 = 0;
  let r0 = 1;
  let steps = LIMB_BITS;
  while (true) {
    const zeros = ctz(high | (-1 << steps));
    high >>= zeros;
    u0 <<= zeros;
    v0 <<= zeros;
    eta -= zeros;
    steps -= zeros;
    if (steps == 0) break;
    if (eta < 0) {
      eta = -eta;
      let swapped = low;
      low = high;
      high = -swapped;
      swapped = u0;
      u0 = q0;
      q0 = -swapped;
      swapped = v0;
      v0 = r0;
      r0 = -swapped;
    }
    // As many of f as clear the low bits of g, up to six and to where f and g are exchanged again. -1/f modulo 64 is
    // f (f² - 2).
    const bits = min(min(eta + 1, steps), 6);
    const multiple = (high * low * (low * low - 2)) & ((1 << bits) - 1);
    high += low * multiple;
    q0 += u0 * multiple;
    r0 += v0 * multiple;
  }
  u = u0;
  v = v0;
  q = q0;
  r = r0;
}

/** Applies the matrix to f and g, of which it clears 29 bits. */
function applyExactly(size: usize): void {
  let fSum = (u * <i64>load<i32>(f) + v * <i64>load<i32>(g)) >> LIMB_BITS;
  let gSum = (q * <i64>load<i32>(f) + r * <i64>load<i32>(g)) >> LIMB_BITS;
  let at: usize = 0;
  for (const last = size - 4; at < last; at += 4) {
    const fLimb = <i64>load<i32>(f + at, 4);
    const gLimb = <i64>load<i32>(g + at, 4);
    fSum += u * fLimb + v * gLimb;
    gSum += q * fLimb + r * gLimb;
    store<i32>(f + at, (<i32>fSum) & LIMB_MASK);
    store<i32>(g + at, (<i32>gSum) & LIMB_MASK);
    fSum >>= LIMB_BITS;
    gSum >>= LIMB_BITS;
  }
  store<i32>(f + at, <i32>fSum);
  store<i32>(g + at, <i32>gSum);
}

/** Applies it to d and e, with as many M as clear 29 bits and as bring what is negative back towards zero. */
function applyModulo(size: usize, modulus: usize, inverseModulus: i32): void {
  const dSign = <i64>(load<i32>(d + size - 4) >> 31);
  const eSign = <i64>(load<i32>(e + size - 4) >> 31);
  let dMultiple = (u & dSign) + (v & eSign);
  let eMultiple = (q & dSign) + (r & eSign);
  let dSum = u * <i64>load<i32>(d) + v * <i64>load<i32>(e);
  let eSum = q * <i64>load<i32>(d) + r * <i64>load<i32>(e);
  dMultiple -= (<i64>inverseModulus * dSum + dMultiple) & LIMB_MASK;
  eMultiple -= (<i64>inverseModulus * eSum + eMultiple) & LIMB_MASK;
  const lowest = <i64>load<i32>(modulus);
  dSum = (dSum + lowest * dMultiple) >> LIMB_BITS;
  eSum = (eSum + lowest * eMultiple) >> LIMB_BITS;
  let at: usize = 0;
  for (const last = size - 4; at < last; at += 4) {
    const dLimb = <i64>load<i32>(d + at, 4);
    const eLimb = <i64>load<i32>(e + at, 4);
    const limb = <i64>load<i32>(modulus + at, 4);
    dSum += u * dLimb + v * eLimb + limb * dMultiple;
    eSum += q * dLimb + r * eLimb + limb * eMultiple;
    store<i32>(d + at, (<i32>dSum) & LIMB_MASK);
    store<i32>(e + at, (<i32>eSum) & LIMB_MASK);
    dSum >>= LIMB_BITS;
    eSum >>= LIMB_BITS;
  }
  store<i32>(d + at, <i32>dSum);
  store<i32>(e + at, <i32>eSum);
}
