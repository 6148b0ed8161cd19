// SPDX-License-Identifier: Apache-2.0
import { highPart, lowLimb } from "./field-limbs";
import { COLUMNS } from "./field-product";

// The parameters of P-256 (NIST SP 800-186 section 3.2.1.3), and products modulo its prime.

/** p = 2^256 - 2^224 + 2^192 + 2^96 - 1. */
export const P256_PRIME: string = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
export const P256_ORDER: string = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
export const P256_B: string = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b";
export const P256_X: string = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
export const P256_Y: string = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

// p + 1 = 2^256 - 2^224 + 2^192 + 2^96, so -1/p is 1 modulo 2^29: the lowest limb itself says how many p clear it.
// 96 = 3 × 29 + 9, and so on.

/** The columns of a product, divided by 2^261. */
export function reduce256(out: usize): void {
  let c0 = load<i64>(COLUMNS, 0 * 8);
  let c1 = load<i64>(COLUMNS, 1 * 8);
  let c2 = load<i64>(COLUMNS, 2 * 8);
  let c3 = load<i64>(COLUMNS, 3 * 8);
  let c4 = load<i64>(COLUMNS, 4 * 8);
  let c5 = load<i64>(COLUMNS, 5 * 8);
  let c6 = load<i64>(COLUMNS, 6 * 8);
  let c7 = load<i64>(COLUMNS, 7 * 8);
  let c8 = load<i64>(COLUMNS, 8 * 8);
  let c9 = load<i64>(COLUMNS, 9 * 8);
  let c10 = load<i64>(COLUMNS, 10 * 8);
  let c11 = load<i64>(COLUMNS, 11 * 8);
  let c12 = load<i64>(COLUMNS, 12 * 8);
  let c13 = load<i64>(COLUMNS, 13 * 8);
  let c14 = load<i64>(COLUMNS, 14 * 8);
  let c15 = load<i64>(COLUMNS, 15 * 8);
  let c16 = load<i64>(COLUMNS, 16 * 8);
  let limb = <i64>lowLimb(c0);
  c1 += highPart(c0);
  c3 += limb << 9;
  c6 += limb << 18;
  c7 -= limb << 21;
  c8 += limb << 24;
  limb = <i64>lowLimb(c1);
  c2 += highPart(c1);
  c4 += limb << 9;
  c7 += limb << 18;
  c8 -= limb << 21;
  c9 += limb << 24;
  limb = <i64>lowLimb(c2);
  c3 += highPart(c2);
  c5 += limb << 9;
  c8 += limb << 18;
  c9 -= limb << 21;
  c10 += limb << 24;
  limb = <i64>lowLimb(c3);
  c4 += highPart(c3);
  c6 += limb << 9;
  c9 += limb << 18;
  c10 -= limb << 21;
  c11 += limb << 24;
  limb = <i64>lowLimb(c4);
  c5 += highPart(c4);
  c7 += limb << 9;
  c10 += limb << 18;
  c11 -= limb << 21;
  c12 += limb << 24;
  limb = <i64>lowLimb(c5);
  c6 += highPart(c5);
  c8 += limb << 9;
  c11 += limb << 18;
  c12 -= limb << 21;
  c13 += limb << 24;
  limb = <i64>lowLimb(c6);
  c7 += highPart(c6);
  c9 += limb << 9;
  c12 += limb << 18;
  c13 -= limb << 21;
  c14 += limb << 24;
  limb = <i64>lowLimb(c7);
  c8 += highPart(c7);
  c10 += limb << 9;
  c13 += limb << 18;
  c14 -= limb << 21;
  c15 += limb << 24;
  limb = <i64>lowLimb(c8);
  c9 += highPart(c8);
  c11 += limb << 9;
  c14 += limb << 18;
  c15 -= limb << 21;
  c16 += limb << 24;
  store<i32>(out, lowLimb(c9), 0 * 4);
  c10 += highPart(c9);
  store<i32>(out, lowLimb(c10), 1 * 4);
  c11 += highPart(c10);
  store<i32>(out, lowLimb(c11), 2 * 4);
  c12 += highPart(c11);
  store<i32>(out, lowLimb(c12), 3 * 4);
  c13 += highPart(c12);
  store<i32>(out, lowLimb(c13), 4 * 4);
  c14 += highPart(c13);
  store<i32>(out, lowLimb(c14), 5 * 4);
  c15 += highPart(c14);
  store<i32>(out, lowLimb(c15), 6 * 4);
  c16 += highPart(c15);
  store<i32>(out, lowLimb(c16), 7 * 4);
  store<i32>(out, <i32>highPart(c16), 8 * 4);
}
