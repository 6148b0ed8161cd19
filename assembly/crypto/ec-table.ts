// SPDX-License-Identifier: Apache-2.0
import { ENTRIES, entryOf, isMinus, TABLES, TEETH } from "./ec-comb";
import { carry, combine, copy, invert, limbs, multiply, ONE, square, STRIDE } from "./ec-field";
import { addAffine, double, POINT, setAffine, setInfinity, toAffine } from "./ec-point";

/**
 * The multiples of a point that the digits of ec-comb.ts ask for, as x and y: 256 entries, which are 18 KiB for P-256, 28
 * for P-384 and 36 for P-521. Points of the table are added in batches, as a batch needs one inversion only.
 */
@final
export class PointTable {
  private readonly memory: StaticArray<u8>;

  /**
   * @param x and
   * @param y the point, in the selected field (ec-field.ts)
   * @param columns how many columns a scalar has
   */
  constructor(x: usize, y: usize, columns: i32) {
    const element = (<usize>limbs) << 2;
    const table = new StaticArray<u8>(TABLES * ENTRIES * 2 * <i32>element);
    this.memory = table;
    setAffine(tooth, x, y);
    for (let i = 0; i < TABLES; i++) {
      fillTable(changetype<usize>(table) + <usize>(i * ENTRIES * 2) * element, columns);
    }
  }

  /**
   * Adds to `point` what the digits of one column stand for.
   *
   * @param digits the column's, `TABLES` of them
   * @param isOpposite whether to subtract it instead
   * @param isCareful see `addAffine`
   */
  addColumn(point: usize, digits: usize, isOpposite: bool, isCareful: bool): void {
    const element = (<usize>limbs) << 2;
    let table = changetype<usize>(this.memory);
    for (let i = 0; i < TABLES; i++) {
      const digit = <i32>load<u8>(digits + <usize>i);
      const entry = table + <usize>(entryOf(digit) * 2) * element;
      addAffine(point, entry, entry + element, isMinus(digit) != isOpposite, isCareful);
      table += <usize>(ENTRIES * 2) * element;
    }
  }
}

/** The point times 2 to the number of the row that is next. */
const tooth: usize = memory.data(POINT, 8);
/** Twice the teeth of a table but the highest, as x and y. */
const steps: usize = memory.data((TEETH - 1) * 2 * STRIDE, 8);
/** The entry whose digit says minus for all teeth but the highest. */
const lowest: usize = memory.data(POINT, 8);
/** Products of the denominators up to each. */
const products: usize = memory.data((ENTRIES / 2 + 1) * STRIDE, 8);
const scratch: usize = memory.data(3 * STRIDE, 8);

/** Writes the entries of a table and leaves `tooth` for the next one. */
function fillTable(table: usize, columns: i32): void {
  const element = (<usize>limbs) << 2;
  const x = scratch;
  const y = scratch + STRIDE;
  setInfinity(lowest);
  for (let i = 0; i < TEETH; i++) {
    const isHighest = i == TEETH - 1;
    toAffine(x, y, tooth);
    addAffine(lowest, x, y, !isHighest, false);
    double(tooth);
    const step = steps + <usize>i * (2 * STRIDE);
    if (!isHighest) toAffine(step, step + STRIDE, tooth);
    for (let column = 1; column < columns; column++) double(tooth);
  }
  toAffine(table, table + element, lowest);
  // Where a tooth says plus instead of minus, the entry is larger by twice the tooth.
  for (let i = 0; i < TEETH - 1; i++) {
    const step = steps + <usize>i * (2 * STRIDE);
    addToAll(table, 1 << i, step, step + STRIDE);
  }
}

/**
 * Writes the sums of `count` entries and (x, y) behind these. No two are equal or opposite: each is an odd multiple of the
 * lowest tooth, twice a tooth is an even one, and both are far below the order.
 */
function addToAll(table: usize, count: i32, x: usize, y: usize): void {
  const element = (<usize>limbs) << 2;
  const entrySize = element << 1;
  const end = table + <usize>count * entrySize;
  const inverse = scratch;
  const slope = scratch + STRIDE;
  const t = scratch + 2 * STRIDE;
  let product = products;
  copy(product, ONE);
  let sum = end;
  for (let entry = table; entry < end; entry += entrySize) {
    combine(sum, x, entry, -1);
    combine(sum + element, y, entry + element, -1);
    multiply(product + STRIDE, product, sum);
    product += STRIDE;
    sum += entrySize;
  }
  invert(inverse, product);
  let entry = end;
  while (sum > end) {
    sum -= entrySize;
    entry -= entrySize;
    product -= STRIDE;
    multiply(t, inverse, product);
    multiply(inverse, inverse, sum);
    multiply(slope, sum + element, t);
    square(t, slope);
    combine(t, t, entry, -1);
    combine(sum, t, x, -1);
    carry(sum);
    combine(t, entry, sum, -1);
    multiply(t, t, slope);
    combine(sum + element, t, entry + element, -1);
    carry(sum + element);
  }
}
