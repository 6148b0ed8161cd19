// SPDX-License-Identifier: Apache-2.0
import {
  add,
  ELEMENT,
  invert,
  LIMBS,
  multiply,
  normalize,
  power252,
  square,
  subtract,
  vanishes,
} from "./field25519";
import { compareLimbs, copyLimbs, readLittleEndian, writeLittleEndian } from "./field-limbs";

// Points of edwards25519 (RFC 8032 section 5.1): -x² + y² = 1 + d x² y². A point in memory is X, Y, Z and T, where x = X/Z,
// y = Y/Z and T = XY/Z; all four are reduced. The formulas are those of Hisil, Wong, Carter and Dawson ("Twisted Edwards
// curves revisited", 2008), which hold for all points of this curve, the neutral one and equal ones among them.

/** Octets of a point, and where its coordinates stand. */
export const POINT: i32 = 4 * ELEMENT;
const Y: usize = ELEMENT;
const Z: usize = 2 * ELEMENT;
const T: usize = 3 * ELEMENT;

/** A point that is to be added often is y + x, y - x and 2dxy, for Z = 1: seven products instead of nine. */
export const PREPARED: i32 = 3 * ELEMENT;

// Values between the products of one formula.
const scratch: usize = memory.data(8 * ELEMENT, 16);
const A: usize = scratch;
const B: usize = scratch + ELEMENT;
const C: usize = scratch + 2 * ELEMENT;
const D: usize = scratch + 3 * ELEMENT;
const E: usize = scratch + 4 * ELEMENT;
const F: usize = scratch + 5 * ELEMENT;
const G: usize = scratch + 6 * ELEMENT;
const H: usize = scratch + 7 * ELEMENT;

const constants: usize = memory.data(4 * ELEMENT, 16);
export const ONE: usize = constants;
/** d = -121665/121666. */
export const CURVE_D: usize = constants + ELEMENT;
const TWICE_D: usize = constants + 2 * ELEMENT;
/** A square root of -1. */
const ROOT_OF_MINUS_ONE: usize = constants + 3 * ELEMENT;

setConstants();

function setConstants(): void {
  store<i32>(ONE, 1);
  store<i32>(A, 121666);
  invert(B, A);
  store<i32>(A, -121665);
  multiply(CURVE_D, A, B);
  add(TWICE_D, CURVE_D, CURVE_D);
  normalize(TWICE_D);
  // 2 is no square, so 2^((p - 1) / 4) is a root; the exponent is 2 (2^252 - 3) + 1.
  add(A, ONE, ONE);
  power252(B, A);
  square(B, B);
  multiply(ROOT_OF_MINUS_ONE, A, B);
}

/** The neutral point, (0, 1). */
export function setNeutral(point: usize): void {
  memory.fill(point, 0, POINT);
  store<i32>(point + Y, 1);
  store<i32>(point + Z, 1);
}

/** `point += entry`, which is prepared, or `point -= entry`. */
export function addPrepared(point: usize, entry: usize, isMinus: bool): void {
  const sum = isMinus ? entry + ELEMENT : entry;
  const difference = isMinus ? entry : entry + ELEMENT;
  subtract(A, point + Y, point);
  multiply(A, A, difference);
  add(B, point + Y, point);
  multiply(B, B, sum);
  multiply(C, point + T, entry + 2 * ELEMENT);
  add(D, point + Z, point + Z);
  subtract(E, B, A);
  add(H, B, A);
  subtract(isMinus ? G : F, D, C);
  add(isMinus ? F : G, D, C);
  finish(point);
}

/** `point = 2 × point`. */
export function double(point: usize): void {
  square(A, point);
  square(B, point + Y);
  square(C, point + Z);
  add(E, point, point + Y);
  square(E, E);
  add(H, A, B);
  subtract(E, H, E);
  subtract(G, A, B);
  add(F, C, C);
  add(F, F, G);
  finish(point);
}

/** What both formulas end with. */
function finish(point: usize): void {
  multiply(point, E, F);
  multiply(point + Y, G, H);
  multiply(point + T, E, H);
  multiply(point + Z, F, G);
}

/** x and y of a point: at `out` and behind it. */
export function toAffine(out: usize, point: usize): void {
  copyLimbs(B, point + Z, LIMBS);
  invert(A, B);
  multiply(out, point, A);
  multiply(out + ELEMENT, point + Y, A);
}

/** The point that has x and y, one behind the other. */
export function fromAffine(point: usize, affine: usize): void {
  // What was decoded is canonical, and too loose for the formulas.
  multiply(point, affine, ONE);
  multiply(point + Y, affine + ELEMENT, ONE);
  copyLimbs(point + Z, ONE, LIMBS);
  multiply(point + T, point, point + Y);
}

/** Turns x and y into what `addPrepared` takes, in the same place. */
export function prepare(affine: usize): void {
  multiply(affine + 2 * ELEMENT, affine, affine + ELEMENT);
  multiply(affine + 2 * ELEMENT, affine + 2 * ELEMENT, TWICE_D);
  copyLimbs(A, affine, LIMBS);
  add(affine, affine + ELEMENT, A);
  subtract(affine + ELEMENT, affine + ELEMENT, A);
  multiply(affine, affine, ONE);
  multiply(affine + ELEMENT, affine + ELEMENT, ONE);
}

/** Writes the 32 octets of a point (RFC 8032 section 5.1.2). */
export function encode(out: usize, point: usize): void {
  toAffine(C, point);
  normalize(C);
  normalize(C + ELEMENT);
  writeLittleEndian(out, 32, C + ELEMENT, LIMBS);
  store<u8>(out, load<u8>(out, 31) | (<u8>(load<i32>(C) << 7)), 31);
}

/**
 * Reads 32 octets as x and y (RFC 8032 section 5.1.3). False for what no point has: no square root, y of p or more, and x
 * of zero with a sign.
 */
export function decode(affine: usize, octets: usize): bool {
  const y = affine + ELEMENT;
  readLittleEndian(y, LIMBS, octets, 32);
  const sign = load<i32>(y, 32) >> 23;
  store<i32>(y, load<i32>(y, 32) & ((1 << 23) - 1), 32);
  copyLimbs(A, y, LIMBS);
  normalize(A);
  if (compareLimbs(A, y, LIMBS) != 0) return false;
  // x² = (y² - 1) / (d y² + 1) = U / V, and a root of it, or of its negative, is U V³ (U V^7)^((p - 5) / 8).
  square(A, y);
  multiply(B, A, CURVE_D);
  add(B, B, ONE);
  subtract(A, A, ONE);
  square(C, B);
  multiply(C, C, B);
  square(D, C);
  multiply(D, D, B);
  multiply(D, D, A);
  power252(E, D);
  multiply(C, C, A);
  multiply(affine, C, E);
  // V x² is U or -U now; if it is neither, there is no root.
  square(C, affine);
  multiply(C, C, B);
  subtract(D, C, A);
  if (!vanishes(D)) {
    add(D, C, A);
    if (!vanishes(D)) return false;
    multiply(affine, affine, ROOT_OF_MINUS_ONE);
  }
  if (vanishes(affine)) return sign == 0;
  if ((load<i32>(affine) & 1) != sign) negate(affine);
  return true;
}

/** `number = -number`, canonical. */
function negate(number: usize): void {
  memory.fill(A, 0, ELEMENT);
  subtract(number, A, number);
  normalize(number);
}

/** Whether a point is the neutral one. */
export function isNeutral(point: usize): bool {
  copyLimbs(A, point, LIMBS);
  subtract(B, point + Y, point + Z);
  return vanishes(A) && vanishes(B);
}
