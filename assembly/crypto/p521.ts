// SPDX-License-Identifier: Apache-2.0
import { highPart, lowLimb } from "./field-limbs";
import { carryColumns } from "./field-modulus";
import { COLUMNS } from "./field-product";

// The parameters of P-521 (NIST SP 800-186 section 3.2.1.5), and products modulo its prime.

/** p = 2^521 - 1. */
export const P521_PRIME: string =
  "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
export const P521_ORDER: string =
  "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409";
export const P521_B: string =
  "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00";
export const P521_X: string =
  "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66";
export const P521_Y: string =
  "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650";

// p + 1 = 2^521, so -1/p is 1 modulo 2^29: the lowest limb itself says how many p clear it. 521 = 17 × 29 + 28.

/** The columns of a product, divided by 2^522. */
export function reduce521(out: usize): void {
  const end = COLUMNS + 18 * 8;
  let carried: i64 = 0;
  for (let at = COLUMNS; at < end; at += 8) {
    const sum = load<i64>(at) + carried;
    carried = highPart(sum);
    store<i64>(at, load<i64>(at, 17 * 8) + ((<i64>lowLimb(sum)) << 28), 17 * 8);
  }
  store<i64>(end, load<i64>(end) + carried);
  carryColumns(out, end, 18);
  fold521(out);
}

/** What is above 2^521 comes back once: 18 limbs have only a bit to spare. */
export function fold521(number: usize): void {
  const top = load<i32>(number, 17 * 4);
  const high = (top + (1 << 27)) >> 28;
  store<i32>(number, top - (high << 28), 17 * 4);
  store<i32>(number, load<i32>(number) + high);
}
