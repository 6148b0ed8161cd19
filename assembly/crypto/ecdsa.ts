// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { coordinateLength, Curve, curveOf, EcCurve } from "./ec-curve";
import { carry, combine, enter, multiply, ONE, select, square, STRIDE, vanishes } from "./ec-field";
import { addMultiples } from "./ec-multiply";
import { hasAbscissa, hasNoPlace, POINT } from "./ec-point";
import { PointTable } from "./ec-table";
import { addLimbs, compareLimbs, isZero, readBigEndian, settle } from "./field-limbs";
import { digest, digestLength, HashFunction, MAX_DIGEST_LENGTH } from "./hash";

export { Curve };

/** A public key of ECDSA (FIPS 186-5 section 6) on one of the curves of JSON Web Algorithms. */
@final
export class EcPublicKey {
  private table: PointTable | null = null;

  private constructor(
    private readonly curve: EcCurve,
    private readonly x: Bytes,
    private readonly y: Bytes,
  ) {}

  /**
   * The key with these coordinates, or null where no point of the curve has them. They have as many octets as the field's
   * prime, leading zeros among them (RFC 7518 section 6.2.1.2).
   */
  static from(curve: Curve, x: Bytes, y: Bytes): EcPublicKey | null {
    const length = coordinateLength(curve);
    if (x.length != length || y.length != length) return null;
    const parameters = curveOf(curve);
    select(parameters);
    if (!enterCoordinates(parameters, x, y)) return null;
    return isOnCurve(parameters) ? new EcPublicKey(parameters, x.copy(), y.copy()) : null;
  }

  /**
   * Whether `signature`, r and s of the length of a coordinate each, is this key's for `message`. Of a digest that is longer
   * than the order, the first octets count. Allocates nothing but on the first call, which makes the table of the key.
   */
  verify(hash: HashFunction, message: Bytes, signature: Bytes): bool {
    const curve = this.curve;
    const order = curve.order;
    const limbs = curve.limbs;
    const length = coordinateLength(curve.id);
    if (signature.length != 2 * length) return false;
    if (!readScalar(r, signature.ptr, curve)) return false;
    if (!readScalar(s, signature.ptr + <usize>length, curve)) return false;
    digest(hash, message.ptr, message.length, hashed);
    readBigEndian(e, limbs, hashed, min(digestLength(hash), length));
    // u = e / s and v = r / s; 1 / s comes without Montgomery's factor, so it is multiplied by it once.
    order.invert(s, s);
    order.multiply(s, s, order.squaredRadix);
    order.multiply(e, e, s);
    order.multiply(s, r, s);
    select(curve);
    addMultiples(point, curve, e, s, this.preparedTable());
    return !hasNoPlace(point) && isCongruent(curve);
  }

  private preparedTable(): PointTable {
    let table = this.table;
    if (table === null) {
      enterCoordinates(this.curve, this.x, this.y);
      table = new PointTable(fieldX, fieldY, this.curve.columns);
      this.table = table;
    }
    return table;
  }
}

const r: usize = memory.data(STRIDE, 8);
const s: usize = memory.data(STRIDE, 8);
const e: usize = memory.data(STRIDE, 8);
const hashed: usize = memory.data(MAX_DIGEST_LENGTH, 8);
const fieldX: usize = memory.data(STRIDE, 8);
const fieldY: usize = memory.data(STRIDE, 8);
const t: usize = memory.data(STRIDE, 8);
const point: usize = memory.data(POINT, 8);

/** Reads coordinates into the field; false if one is p or more. */
function enterCoordinates(curve: EcCurve, x: Bytes, y: Bytes): bool {
  const limbs = curve.limbs;
  const p = curve.prime.value;
  if (!readBigEndian(fieldX, limbs, x.ptr, x.length) || compareLimbs(fieldX, p, limbs) >= 0) return false;
  if (!readBigEndian(fieldY, limbs, y.ptr, y.length) || compareLimbs(fieldY, p, limbs) >= 0) return false;
  enter(fieldX, fieldX);
  enter(fieldY, fieldY);
  return true;
}

/** Whether y² = x³ - 3x + b, for the coordinates that were entered. */
function isOnCurve(curve: EcCurve): bool {
  square(s, fieldX);
  combine(s, s, ONE, -3);
  carry(s);
  multiply(s, s, fieldX);
  enter(e, curve.b);
  combine(s, s, e, 1);
  square(e, fieldY);
  combine(s, s, e, -1);
  return vanishes(s);
}

/** Reads r or s; false unless it is from 1 to n - 1. */
function readScalar(out: usize, octets: usize, curve: EcCurve): bool {
  const limbs = curve.limbs;
  if (!readBigEndian(out, limbs, octets, coordinateLength(curve.id))) return false;
  return compareLimbs(out, curve.order.value, limbs) < 0 && !isZero(out, limbs);
}

/** Whether x of the point is r modulo n: x is below p, which is more than n, so it is r or, now and then, r + n. */
function isCongruent(curve: EcCurve): bool {
  const limbs = curve.limbs;
  enter(t, r);
  if (hasAbscissa(point, t)) return true;
  addLimbs(r, curve.order.value, limbs, 1);
  settle(r, limbs);
  if (compareLimbs(r, curve.prime.value, limbs) >= 0) return false;
  enter(t, r);
  return hasAbscissa(point, t);
}
