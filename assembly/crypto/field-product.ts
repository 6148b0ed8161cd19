// SPDX-License-Identifier: Apache-2.0
import { MAX_LIMBS } from "./field-limbs";

// The product of two numbers, as the sums of the products of limbs of the same weight. They fit 64 bits if the limbs
// of the one are within x × 2^28 and those of the other within y × 2^28, and x × y is no more than 14 for 9 limbs, 9 for
// 14 limbs and 6 for 18 limbs.

/** The sums, 64 bits each, the lowest weight first. Every product leaves `2 × limbs` of them here. */
export const COLUMNS: usize = memory.data(2 * MAX_LIMBS * 8, 16);

/** Leaves a × b in `COLUMNS`. */
export function product(a: usize, b: usize, limbs: i32): void {
  if (limbs == 9) product9(a, b);
  else productByRows(a, b, limbs);
}

/** Leaves a² in `COLUMNS`. */
export function square(a: usize, limbs: i32): void {
  if (limbs == 9) square9(a);
  else productByRows(a, a, limbs);
}

/** Four limbs of `a` a turn, and two in the last, times all of `b`: for 14 and 18 limbs. */
function productByRows(a: usize, b: usize, limbs: i32): void {
  const size = (<usize>limbs) << 2;
  memory.fill(COLUMNS, 0, size << 2);
  const aEnd = a + size - 8;
  const bEnd = b + size;
  let row = COLUMNS;
  for (; a < aEnd; a += 16) {
    const a0 = <i64>load<i32>(a);
    const a1 = <i64>load<i32>(a, 4);
    const a2 = <i64>load<i32>(a, 8);
    const a3 = <i64>load<i32>(a, 12);
    let b1: i64 = 0;
    let b2: i64 = 0;
    let b3: i64 = 0;
    let column = row;
    for (let at = b; at < bEnd; at += 4) {
      const b0 = <i64>load<i32>(at);
      store<i64>(column, load<i64>(column) + a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3);
      b3 = b2;
      b2 = b1;
      b1 = b0;
      column += 8;
    }
    store<i64>(column, a1 * b1 + a2 * b2 + a3 * b3);
    store<i64>(column, a2 * b1 + a3 * b2, 8);
    store<i64>(column, a3 * b1, 16);
    row += 32;
  }
  const low = <i64>load<i32>(a);
  const high = <i64>load<i32>(a, 4);
  let before: i64 = 0;
  for (let at = b; at < bEnd; at += 4) {
    const limb = <i64>load<i32>(at);
    store<i64>(row, load<i64>(row) + low * limb + high * before);
    before = limb;
    row += 8;
  }
  store<i64>(row, high * before);
}

export function product9(a: usize, b: usize): void {
  const a0 = <i64>load<i32>(a, 0);
  const a1 = <i64>load<i32>(a, 4);
  const a2 = <i64>load<i32>(a, 8);
  const a3 = <i64>load<i32>(a, 12);
  const a4 = <i64>load<i32>(a, 16);
  const a5 = <i64>load<i32>(a, 20);
  const a6 = <i64>load<i32>(a, 24);
  const a7 = <i64>load<i32>(a, 28);
  const a8 = <i64>load<i32>(a, 32);
  const b0 = <i64>load<i32>(b, 0);
  const b1 = <i64>load<i32>(b, 4);
  const b2 = <i64>load<i32>(b, 8);
  const b3 = <i64>load<i32>(b, 12);
  const b4 = <i64>load<i32>(b, 16);
  const b5 = <i64>load<i32>(b, 20);
  const b6 = <i64>load<i32>(b, 24);
  const b7 = <i64>load<i32>(b, 28);
  const b8 = <i64>load<i32>(b, 32);
  store<i64>(COLUMNS, a0 * b0, 0 * 8);
  store<i64>(COLUMNS, a0 * b1 + a1 * b0, 1 * 8);
  store<i64>(COLUMNS, a0 * b2 + a1 * b1 + a2 * b0, 2 * 8);
  store<i64>(COLUMNS, a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0, 3 * 8);
  store<i64>(COLUMNS, a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0, 4 * 8);
  store<i64>(COLUMNS, a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0, 5 * 8);
  store<i64>(COLUMNS, a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0, 6 * 8);
  store<i64>(COLUMNS, a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0, 7 * 8);
  store<i64>(
    COLUMNS,
    a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0,
    8 * 8,
  );
  store<i64>(COLUMNS, a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1, 9 * 8);
  store<i64>(COLUMNS, a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2, 10 * 8);
  store<i64>(COLUMNS, a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3, 11 * 8);
  store<i64>(COLUMNS, a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4, 12 * 8);
  store<i64>(COLUMNS, a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5, 13 * 8);
  store<i64>(COLUMNS, a6 * b8 + a7 * b7 + a8 * b6, 14 * 8);
  store<i64>(COLUMNS, a7 * b8 + a8 * b7, 15 * 8);
  store<i64>(COLUMNS, a8 * b8, 16 * 8);
  store<i64>(COLUMNS, 0, 17 * 8);
}

export function square9(a: usize): void {
  const a0 = <i64>load<i32>(a, 0);
  const a1 = <i64>load<i32>(a, 4);
  const a2 = <i64>load<i32>(a, 8);
  const a3 = <i64>load<i32>(a, 12);
  const a4 = <i64>load<i32>(a, 16);
  const a5 = <i64>load<i32>(a, 20);
  const a6 = <i64>load<i32>(a, 24);
  const a7 = <i64>load<i32>(a, 28);
  const a8 = <i64>load<i32>(a, 32);
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  store<i64>(COLUMNS, a0 * a0, 0 * 8);
  store<i64>(COLUMNS, d0 * a1, 1 * 8);
  store<i64>(COLUMNS, d0 * a2 + a1 * a1, 2 * 8);
  store<i64>(COLUMNS, d0 * a3 + d1 * a2, 3 * 8);
  store<i64>(COLUMNS, d0 * a4 + d1 * a3 + a2 * a2, 4 * 8);
  store<i64>(COLUMNS, d0 * a5 + d1 * a4 + d2 * a3, 5 * 8);
  store<i64>(COLUMNS, d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3, 6 * 8);
  store<i64>(COLUMNS, d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4, 7 * 8);
  store<i64>(COLUMNS, d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4, 8 * 8);
  store<i64>(COLUMNS, d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5, 9 * 8);
  store<i64>(COLUMNS, d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5, 10 * 8);
  store<i64>(COLUMNS, d3 * a8 + d4 * a7 + d5 * a6, 11 * 8);
  store<i64>(COLUMNS, d4 * a8 + d5 * a7 + a6 * a6, 12 * 8);
  store<i64>(COLUMNS, d5 * a8 + d6 * a7, 13 * 8);
  store<i64>(COLUMNS, d6 * a8 + a7 * a7, 14 * 8);
  store<i64>(COLUMNS, d7 * a8, 15 * 8);
  store<i64>(COLUMNS, a8 * a8, 16 * 8);
  store<i64>(COLUMNS, 0, 17 * 8);
}
