// SPDX-License-Identifier: Apache-2.0
import { LIMB_BITS } from "./field-limbs";
import { Modulus } from "./field-modulus";

// How a scalar is taken apart for multiplying a point that is known beforehand (the comb of Lim and Lee, 1994, with signs).
// The bits are laid out in 16 rows of `columns` bits each; a column gives two digits of eight bits, the one of the lower
// rows and the one of the upper ones, and a table has the point's multiples for each of them. A multiplication is then
// two additions a column and a doubling between columns, where bit by bit would take a doubling for every bit.
//
// A bit says plus or minus, not one or zero, so that a table needs only the half where the highest bit says plus: an odd
// number k of fewer than l bits is the sum of ±2^i for i < l, plus where bit i of (k + 2^l - 1) / 2 is set.

/** Bits of a digit. */
export const TEETH: i32 = 8;
/** Digits of a column, each with its own table. */
export const TABLES: i32 = 2;
/** Entries of a table. */
export const ENTRIES: i32 = 1 << (TEETH - 1);
const ROWS: i32 = TEETH * TABLES;

/** P-521 has the most: 521 / 16, rounded up. */
const MAX_COLUMNS: i32 = 33;

/** How many digits a number has at most. */
export const MAX_DIGITS: i32 = MAX_COLUMNS * TABLES;

/**
 * Writes the digits of a scalar, or, if it is even, of the order less it, which is odd: then the answer is true, and what
 * the digits stand for is to be subtracted.
 *
 * @param digits one octet each, those of column 0 first
 * @param columns of 16 bits: no fewer than the order has
 * @param scalar loose; its memory is used
 */
export function recodeScalar(digits: usize, columns: i32, scalar: usize, order: Modulus): bool {
  order.normalize(scalar);
  const isOpposite = (load<i32>(scalar) & 1) == 0;
  if (isOpposite) order.complement(scalar);
  recode(digits, columns, scalar, order.limbs);
  return isOpposite;
}

/** Writes the digits of an odd number of at most `16 × columns` bits, which is canonical. */
function recode(digits: usize, columns: i32, number: usize, limbs: i32): void {
  memory.fill(digits, 0, <usize>(columns * TABLES));
  let bits = (<u32>load<i32>(number)) >> 1;
  let held = LIMB_BITS - 1;
  for (let row = 0; row < ROWS; row++) {
    const shift = <u32>(row & (TEETH - 1));
    let at = digits + (row >= TEETH ? 1 : 0);
    for (let column = 0; column < columns; column++) {
      if (held == 0) {
        number += 4;
        limbs--;
        bits = limbs > 0 ? <u32>load<i32>(number) : 0;
        held = LIMB_BITS;
      }
      const bit = bits & 1;
      store<u8>(at, <u8>((<u32>load<u8>(at)) | (bit << shift)));
      bits >>= 1;
      held--;
      at += TABLES;
    }
  }
  // Bit 16 × columns - 1, the l - 1 of above.
  const last = digits + <usize>(columns * TABLES) - 1;
  store<u8>(last, load<u8>(last) | (<u8>ENTRIES));
}

/** Whether a digit's entry is to be subtracted. */
@inline
export function isMinus(digit: i32): bool {
  return digit < ENTRIES;
}

/** Index of a digit's entry in its table, whose bit i says plus for bit i of the digit. */
@inline
export function entryOf(digit: i32): i32 {
  return (digit < ENTRIES ? ~digit : digit) & (ENTRIES - 1);
}
