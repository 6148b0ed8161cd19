// SPDX-License-Identifier: Apache-2.0
import { highPart, lowLimb } from "./field-limbs";
import { carryColumns } from "./field-modulus";
import { COLUMNS } from "./field-product";

// The parameters of P-384 (NIST SP 800-186 section 3.2.1.4), and products modulo its prime.

/** p = 2^384 - 2^128 - 2^96 + 2^32 - 1. */
export const P384_PRIME: string =
  "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff";
export const P384_ORDER: string =
  "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
export const P384_B: string =
  "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef";
export const P384_X: string =
  "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7";
export const P384_Y: string =
  "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f";

// p + 1 = 2^384 - 2^128 - 2^96 + 2^32, so -1/p is 1 modulo 2^29: the lowest limb itself says how many p clear it.
// 32 = 29 + 3, and so on.

/** The columns of a product, divided by 2^406. */
export function reduce384(out: usize): void {
  const end = COLUMNS + 14 * 8;
  for (let at = COLUMNS; at < end; at += 8) {
    const sum = load<i64>(at);
    const limb = <i64>lowLimb(sum);
    store<i64>(at, load<i64>(at, 1 * 8) + highPart(sum) + (limb << 3), 1 * 8);
    store<i64>(at, load<i64>(at, 3 * 8) - (limb << 9), 3 * 8);
    store<i64>(at, load<i64>(at, 4 * 8) - (limb << 12), 4 * 8);
    store<i64>(at, load<i64>(at, 13 * 8) + (limb << 7), 13 * 8);
  }
  carryColumns(out, end, 14);
}
