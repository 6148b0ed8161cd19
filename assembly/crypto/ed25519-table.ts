// SPDX-License-Identifier: Apache-2.0
import { ENTRIES, entryOf, isMinus, TABLES, TEETH } from "./ec-comb";
import {
  addPrepared,
  CURVE_D,
  double,
  fromAffine,
  ONE,
  POINT,
  PREPARED,
  prepare,
  setNeutral,
  toAffine,
} from "./edwards25519";
import { add, ELEMENT, invert, LIMBS, multiply, square, subtract } from "./field25519";
import { copyLimbs } from "./field-limbs";

/** Columns of the comb: 16 rows of 16 bits hold every scalar modulo the order. */
export const COMB_COLUMNS: i32 = 16;

/**
 * The multiples of a point that the digits of ec-comb.ts ask for, as `addPrepared` takes them: 256 entries, 27 KiB. Made in
 * about 0.3 ms, with affine points throughout, as a batch of those needs one inversion only.
 */
@final
export class EdwardsTable {
  private readonly memory: StaticArray<u8>;

  /** @param affine x and y of the point, one behind the other */
  constructor(affine: usize) {
    const table = new StaticArray<u8>(TABLES * ENTRIES * <i32>PREPARED);
    this.memory = table;
    const start = changetype<usize>(table);
    fromAffine(tooth, affine);
    for (let i = 0; i < TABLES; i++) {
      fillTable(start + <usize>(i * ENTRIES) * PREPARED);
    }
    for (let i = 0; i < TABLES * ENTRIES; i++) prepare(start + <usize>i * PREPARED);
  }

  /**
   * Adds to `point` what the digits of one column stand for.
   *
   * @param digits the column's, `TABLES` of them
   * @param isOpposite whether to subtract it instead
   */
  addColumn(point: usize, digits: usize, isOpposite: bool): void {
    let table = changetype<usize>(this.memory);
    for (let i = 0; i < TABLES; i++) {
      const digit = <i32>load<u8>(digits + <usize>i);
      addPrepared(point, table + <usize>entryOf(digit) * PREPARED, isMinus(digit) != isOpposite);
      table += <usize>ENTRIES * PREPARED;
    }
  }
}

/** The point times 2 to the number of the row that is next. */
const tooth: usize = memory.data(POINT, 8);
/** Twice the teeth of a table but the highest, as x and y. */
const steps: usize = memory.data((TEETH - 1) * 2 * ELEMENT, 8);
/** The entry whose digit says minus for all teeth but the highest. */
const lowest: usize = memory.data(POINT, 8);
const prepared: usize = memory.data(PREPARED, 8);
/** Products of the denominators up to each. */
const products: usize = memory.data((ENTRIES / 2 + 1) * ELEMENT, 8);
const scratch: usize = memory.data(5 * ELEMENT, 8);

/** Writes the entries of a table, x and y of each, and leaves `tooth` for the next one. */
function fillTable(table: usize): void {
  setNeutral(lowest);
  for (let i = 0; i < TEETH; i++) {
    const isHighest = i == TEETH - 1;
    toAffine(prepared, tooth);
    prepare(prepared);
    addPrepared(lowest, prepared, !isHighest);
    double(tooth);
    if (!isHighest) toAffine(steps + <usize>i * (2 * ELEMENT), tooth);
    for (let column = 1; column < COMB_COLUMNS; column++) double(tooth);
  }
  toAffine(table, lowest);
  // Where a tooth says plus instead of minus, the entry is larger by twice the tooth.
  for (let i = 0; i < TEETH - 1; i++) {
    addToAll(table, 1 << i, steps + <usize>i * (2 * ELEMENT));
  }
}

/** Writes the sums of `count` entries and `step` behind these. */
function addToAll(table: usize, count: i32, step: usize): void {
  const end = table + <usize>count * PREPARED;
  const p = scratch;
  const q = scratch + ELEMENT;
  const k = scratch + 2 * ELEMENT;
  const t = scratch + 3 * ELEMENT;
  const inverse = scratch + 4 * ELEMENT;
  let product = products;
  // x3 = (x1 y2 + x2 y1) (1 - k) / (1 - k²) and y3 = (y1 y2 + x1 x2) (1 + k) / (1 - k²), where k = d x1 x2 y1 y2: the third
  // element of an entry has the denominator meanwhile, which is never zero.
  copyLimbs(product, ONE, LIMBS);
  let sum = end;
  for (let entry = table; entry < end; entry += PREPARED) {
    multiply(p, entry, step);
    multiply(q, entry + ELEMENT, step + ELEMENT);
    multiply(k, p, q);
    multiply(k, k, CURVE_D);
    add(t, entry, entry + ELEMENT);
    add(sum, step, step + ELEMENT);
    multiply(sum, sum, t);
    subtract(sum, sum, p);
    subtract(sum, sum, q);
    subtract(t, ONE, k);
    multiply(sum, sum, t);
    add(p, p, q);
    add(t, ONE, k);
    multiply(sum + ELEMENT, p, t);
    square(k, k);
    subtract(sum + 2 * ELEMENT, ONE, k);
    multiply(product + ELEMENT, product, sum + 2 * ELEMENT);
    product += ELEMENT;
    sum += PREPARED;
  }
  invert(inverse, product);
  while (sum > end) {
    sum -= PREPARED;
    product -= ELEMENT;
    multiply(t, inverse, product);
    multiply(inverse, inverse, sum + 2 * ELEMENT);
    multiply(sum, sum, t);
    multiply(sum + ELEMENT, sum + ELEMENT, t);
  }
}
