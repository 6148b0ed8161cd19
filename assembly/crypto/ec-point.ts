// SPDX-License-Identifier: Apache-2.0
import { carry, combine, copy, invert, multiply, ONE, square, STRIDE, vanishes } from "./ec-field";

// Points of the selected curve (ec-field.ts). A point in memory is X, Y and Z, where x = X/Z² and y = Y/Z³ (Jacobian
// coordinates), and whether it is the one at infinity. Coordinates are reduced.

/** Octets of a point, and where its parts stand. */
export const POINT: i32 = 3 * STRIDE + 8;
const Y: usize = STRIDE;
const Z: usize = 2 * STRIDE;
const INFINITY: usize = 3 * STRIDE;

// Values between the products of one formula.
const scratch: usize = memory.data(6 * STRIDE, 16);
const A: usize = scratch;
const B: usize = scratch + STRIDE;
const C: usize = scratch + 2 * STRIDE;
const D: usize = scratch + 3 * STRIDE;
const H: usize = scratch + 4 * STRIDE;
const R: usize = scratch + 5 * STRIDE;

export function setInfinity(point: usize): void {
  store<i32>(point + INFINITY, 1);
}

/** The point of x and y. */
export function setAffine(point: usize, x: usize, y: usize): void {
  copy(point, x);
  copy(point + Y, y);
  copy(point + Z, ONE);
  store<i32>(point + INFINITY, 0);
}

/**
 * `point += (x, y)`, or `point -= (x, y)`: eight products and three squares. The formula is wrong where the two are equal
 * or opposite, which only somebody who looks for it brings about. Z is zero then, and whatever is added later: who sees
 * that in the end begins anew with `isCareful`, which looks every time.
 */
export function addAffine(point: usize, x: usize, y: usize, isMinus: bool, isCareful: bool): void {
  if (load<i32>(point + INFINITY) != 0) {
    setAffine(point, x, y);
    if (isMinus) combine(point + Y, point + Y, point + Y, -2);
    return;
  }
  const z = point + Z;
  square(A, z);
  multiply(B, y, z);
  multiply(B, B, A);
  multiply(A, x, A);
  combine(H, A, point, -1);
  if (isMinus) combine(B, B, B, -2);
  combine(R, B, point + Y, -1);
  if (isCareful && vanishes(H)) {
    if (vanishes(R)) double(point);
    else setInfinity(point);
    return;
  }
  square(A, H);
  multiply(z, z, H);
  multiply(B, A, point); // X H²
  multiply(A, A, H); // H³
  square(C, R);
  combine(C, C, A, -1);
  combine(point, C, B, -2);
  carry(point);
  combine(B, B, point, -1);
  multiply(B, B, R);
  multiply(A, A, point + Y);
  combine(point + Y, B, A, -1);
  carry(point + Y);
}

/** `point = 2 × point`. There is no point of order two. */
export function double(point: usize): void {
  if (load<i32>(point + INFINITY) != 0) return;
  const y = point + Y;
  const z = point + Z;
  square(A, z);
  combine(B, point, A, -1);
  combine(C, point, A, 1);
  multiply(A, B, C);
  combine(A, A, A, 2); // 3 (X - Z²) (X + Z²)
  carry(A);
  multiply(z, y, z);
  combine(z, z, z, 1);
  carry(z);
  square(B, y);
  multiply(C, point, B);
  combine(C, C, C, 3); // 4 X Y²
  carry(C);
  combine(B, B, B, 1);
  square(B, B); // 4 Y^4
  square(D, A);
  combine(point, D, C, -2);
  carry(point);
  combine(D, C, point, -1);
  multiply(D, D, A);
  combine(y, D, B, -2);
  carry(y);
}

/** Whether it is the point at infinity, or Z is zero because an addition went wrong. */
export function hasNoPlace(point: usize): bool {
  return load<i32>(point + INFINITY) != 0 || vanishes(point + Z);
}

/** Whether x of a point, which has a place, is `x`. */
export function hasAbscissa(point: usize, x: usize): bool {
  square(A, point + Z);
  multiply(A, A, x);
  combine(A, A, point, -1);
  return vanishes(A);
}

/** x and y of a point that has a place: each where it is told. */
export function toAffine(x: usize, y: usize, point: usize): void {
  invert(A, point + Z);
  square(B, A);
  multiply(x, point, B);
  multiply(B, B, A);
  multiply(y, point + Y, B);
}
