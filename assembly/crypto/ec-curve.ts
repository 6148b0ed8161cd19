// SPDX-License-Identifier: Apache-2.0
import { readHex } from "./field-limbs";
import { Modulus } from "./field-modulus";
import { P256_B, P256_ORDER, P256_PRIME, P256_X, P256_Y } from "./p256";
import { P384_B, P384_ORDER, P384_PRIME, P384_X, P384_Y } from "./p384";
import { P521_B, P521_ORDER, P521_PRIME, P521_X, P521_Y } from "./p521";

/** The curves of `ES256`, `ES384` and `ES512` (RFC 7518 section 3.4). */
export const enum Curve {
  P256,
  P384,
  P521,
}

/** Octets of a coordinate, and of r and s: 32, 48 or 66. */
export function coordinateLength(curve: Curve): i32 {
  return curve == Curve.P256 ? 32 : curve == Curve.P384 ? 48 : 66;
}

/** y² = x³ - 3x + b modulo p, with n points, all of them multiples of (x, y). */
@final
export class EcCurve {
  /** p. */
  readonly prime: Modulus;
  /** n. */
  readonly order: Modulus;
  /** Columns of the comb (ec-comb.ts) for scalars modulo n. */
  readonly columns: i32;
  private readonly memory: StaticArray<i32>;

  constructor(
    public readonly id: Curve,
    /** How many limbs numbers modulo p and modulo n have. */
    public readonly limbs: i32,
    bits: i32,
    prime: string,
    order: string,
    b: string,
    x: string,
    y: string,
  ) {
    this.columns = (bits + 15) >> 4;
    this.prime = new Modulus(prime, limbs);
    this.order = new Modulus(order, limbs);
    this.memory = new StaticArray<i32>(limbs * 3);
    readHex(this.base, limbs, x);
    readHex(this.base + ((<usize>limbs) << 2), limbs, y);
    readHex(this.b, limbs, b);
  }

  /** x and y of the base point, one behind the other, canonical. */
  get base(): usize {
    return changetype<usize>(this.memory);
  }

  /** b, canonical. */
  get b(): usize {
    return changetype<usize>(this.memory) + ((<usize>this.limbs) << 3);
  }
}

let p256: EcCurve | null = null;
let p384: EcCurve | null = null;
let p521: EcCurve | null = null;

/** The parameters of a curve, made when they are first asked for. */
export function curveOf(curve: Curve): EcCurve {
  if (curve == Curve.P256) {
    let known = p256;
    if (known === null) {
      known = new EcCurve(curve, 9, 256, P256_PRIME, P256_ORDER, P256_B, P256_X, P256_Y);
      p256 = known;
    }
    return known;
  }
  if (curve == Curve.P384) {
    let known = p384;
    if (known === null) {
      known = new EcCurve(curve, 14, 384, P384_PRIME, P384_ORDER, P384_B, P384_X, P384_Y);
      p384 = known;
    }
    return known;
  }
  let known = p521;
  if (known === null) {
    known = new EcCurve(Curve.P521, 18, 521, P521_PRIME, P521_ORDER, P521_B, P521_X, P521_Y);
    p521 = known;
  }
  return known;
}
