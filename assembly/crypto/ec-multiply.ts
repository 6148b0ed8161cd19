// SPDX-License-Identifier: Apache-2.0
import { MAX_DIGITS, recodeScalar } from "./ec-comb";
import { EcCurve } from "./ec-curve";
import { enter, STRIDE } from "./ec-field";
import { double, hasNoPlace, setInfinity } from "./ec-point";
import { PointTable } from "./ec-table";

const digitsOfU: usize = memory.data(MAX_DIGITS, 8);
const digitsOfV: usize = memory.data(MAX_DIGITS, 8);
let isOppositeU: bool = false;
let isOppositeV: bool = false;

/** Of the base points, by curve. */
const baseTables = new StaticArray<PointTable | null>(3);
const affine: usize = memory.data(2 * STRIDE, 8);

/**
 * `point` = u times the base point + v times the point of a table, in the selected field.
 *
 * @param point which `hasNoPlace` afterwards if it is at infinity
 * @param u and
 * @param v loose modulo the order; their memory is used
 */
export function addMultiples(point: usize, curve: EcCurve, u: usize, v: usize, table: PointTable): void {
  isOppositeU = recodeScalar(digitsOfU, curve.columns, u, curve.order);
  isOppositeV = recodeScalar(digitsOfV, curve.columns, v, curve.order);
  const base = tableOfBase(curve);
  addColumns(point, curve.columns, base, table, false);
  if (hasNoPlace(point)) addColumns(point, curve.columns, base, table, true);
}

/** @param isCareful whether to look for equal and opposite points at each addition, see `addAffine` */
function addColumns(point: usize, columns: i32, base: PointTable, table: PointTable, isCareful: bool): void {
  setInfinity(point);
  for (let column = columns - 1; column >= 0; column--) {
    double(point);
    const digits = (<usize>column) << 1;
    base.addColumn(point, digitsOfU + digits, isOppositeU, isCareful);
    table.addColumn(point, digitsOfV + digits, isOppositeV, isCareful);
  }
}

function tableOfBase(curve: EcCurve): PointTable {
  const id = curve.id;
  let table = unchecked(baseTables[id]);
  if (table === null) {
    enter(affine, curve.base);
    enter(affine + STRIDE, curve.base + ((<usize>curve.limbs) << 2));
    table = new PointTable(affine, affine + STRIDE, curve.columns);
    unchecked((baseTables[id] = table));
  }
  return table;
}
