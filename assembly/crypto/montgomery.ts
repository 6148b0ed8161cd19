// SPDX-License-Identifier: Apache-2.0
import {
  atLeast,
  doubleLimbs,
  LIMB_BITS,
  LIMB_MASK,
  readLimbs,
  subtractLimbs,
  writeLimbs,
} from "./big-limbs";
import { addRows } from "./montgomery-rows";

/** The largest modulus, in octets: 8,192 bits. */
export const MAX_MODULUS_OCTETS: i32 = 1024;

// Memory for the largest numbers: 304 limbs, which are 8,192 bits, two to spare, and a multiple of four. `addRows` reads
// three limbs below a number; where that matters they are zero, as nothing is ever written there.

/** The columns of a product: sums that have not been carried yet. */
// @ts-ignore: decorator
@lazy
const columns: usize = memory.data(2 * 304 * 8);

/** The number that is raised, as it is. */
// @ts-ignore: decorator
@lazy
const plain: usize = memory.data(16 + 304 * 4) + 16;

/** The same in Montgomery's form. */
// @ts-ignore: decorator
@lazy
const factor: usize = memory.data(304 * 4);

/** Its power up to now. */
// @ts-ignore: decorator
@lazy
const power: usize = memory.data(16 + 304 * 4) + 16;

/**
 * Powers modulo an odd number, in Montgomery's form (P. L. Montgomery, "Modular Multiplication Without Trial Division",
 * 1985): with R a power of two above the modulus, x stands as x·R, and what a product has too much of it, another R, is
 * divided out by multiplications. How long it takes depends on the numbers: for public ones only.
 */
@final
export class Montgomery {
  /** The modulus, then R² modulo it. */
  private readonly memory: StaticArray<u8>;
  /** Limbs of every number here, a multiple of four; R is 2 to the power of 27 times as many. */
  private readonly count: i32;
  /** -1 / modulus modulo 2 to the power of 27: what the lowest limb is multiplied with for the row that clears it. */
  private readonly inverse: u64;

  /**
   * @param modulus address of `length` octets in network order: an odd number above one, the first octet not zero
   * @param length 1 to `MAX_MODULUS_OCTETS`
   */
  constructor(
    modulus: usize,
    public readonly length: i32,
  ) {
    // Two spare bits make R more than four times the modulus. Factors below twice the modulus then give a product
    // below twice the modulus, so that nothing has to be compared before the end.
    const limbs = (<u32>length * 8 + 2 + LIMB_BITS - 1) / LIMB_BITS;
    const count = <i32>((limbs + 3) & ~3);
    this.count = count;
    this.memory = new StaticArray<u8>(count << 3);
    readLimbs(this.modulus, count, modulus, length);
    this.inverse = negativeInverse(load<u32>(this.modulus));
    this.computeSquareOfR(<u32>length * 8 - <u32>(clz<u32>(<u32>load<u8>(modulus)) - 24));
  }

  /**
   * Writes a power of a number; both are `this.length` octets in network order and may be at the same address.
   *
   * @param exponent odd, more than one
   * @returns false, and nothing is written, when the number is not below the modulus
   */
  raise(octets: usize, exponent: u64, out: usize): bool {
    const count = this.count;
    const n = this.modulus;
    const x = plain;
    readLimbs(x, count, octets, this.length);
    if (atLeast(x, n, count)) return false;
    const xR = factor;
    const y = power;
    this.multiply(x, this.squareOfR, xR);
    memory.copy(y, xR, (<usize>count) << 2);
    for (let bit = 62 - <i32>clz<u64>(exponent); bit > 0; bit--) {
      this.square(y);
      if (((exponent >> bit) & 1) != 0) this.multiply(y, xR, y);
    }
    // The exponent's last bit is set. To multiply with x, not x·R, is to leave Montgomery's form.
    this.square(y);
    this.multiply(y, x, y);
    if (atLeast(y, n, count)) subtractLimbs(y, n, count);
    writeLimbs(y, count, out, this.length);
    return true;
  }

  /**
   * `out = a * b / R`, modulo the modulus and below twice the modulus, as the factors must be.
   *
   * @param a has zeros below it
   */
  private multiply(a: usize, b: usize, out: usize): void {
    const count = this.count;
    memory.fill(columns, 0, (<usize>count) << 4);
    let t = columns;
    for (let i = 0; i < count; i += 4) {
      addRows(t, a, count, load<u32>(b, 0), load<u32>(b, 4), load<u32>(b, 8), load<u32>(b, 12));
      b += 16;
      t += 32;
    }
    this.reduce(out);
  }

  /** `a = a * a / R`, likewise, in three quarters of the time: products of different limbs are made once, doubled. */
  private square(a: usize): void {
    const count = this.count;
    memory.fill(columns, 0, (<usize>count) << 4);
    let t = columns;
    let x = a;
    for (let left = count - 4; left >= 0; left -= 4) {
      const a0 = <u64>load<u32>(x, 0);
      const a1 = <u64>load<u32>(x, 4);
      const a2 = <u64>load<u32>(x, 8);
      const a3 = <u64>load<u32>(x, 12);
      x += 16;
      store<u64>(t, load<u64>(t, 0) + a0 * a0, 0);
      store<u64>(t, load<u64>(t, 8) + ((a0 * a1) << 1), 8);
      store<u64>(t, load<u64>(t, 16) + ((a0 * a2) << 1) + a1 * a1, 16);
      store<u64>(t, load<u64>(t, 24) + ((a0 * a3 + a1 * a2) << 1), 24);
      // The sweep begins with the products of these four limbs among themselves, twice what they should be.
      store<u64>(t, load<u64>(t, 32) - ((a1 * a3) << 1) - a2 * a2, 32);
      store<u64>(t, load<u64>(t, 40) - ((a2 * a3) << 1), 40);
      store<u64>(t, load<u64>(t, 48) - a3 * a3, 48);
      addRows(t + 32, x, left, a0 << 1, a1 << 1, a2 << 1, a3 << 1);
      t += 64;
    }
    this.reduce(a);
  }

  /** `out = columns / R`: adds multiples of the modulus until the lower half is zero, then carries the upper half. */
  private reduce(out: usize): void {
    const count = this.count;
    const n = this.modulus;
    const inverse = this.inverse;
    const n0 = <u64>load<u32>(n, 0);
    const n1 = <u64>load<u32>(n, 4);
    const n2 = <u64>load<u32>(n, 8);
    const n3 = <u64>load<u32>(n, 12);
    let carry: u64 = 0;
    let t = columns;
    for (let i = 0; i < count; i += 4) {
      let column = load<u64>(t, 0) + carry;
      const q0 = (column * inverse) & LIMB_MASK;
      column = load<u64>(t, 8) + q0 * n1 + ((column + q0 * n0) >> LIMB_BITS);
      const q1 = (column * inverse) & LIMB_MASK;
      column = load<u64>(t, 16) + q0 * n2 + q1 * n1 + ((column + q1 * n0) >> LIMB_BITS);
      const q2 = (column * inverse) & LIMB_MASK;
      column = load<u64>(t, 24) + q0 * n3 + q1 * n2 + q2 * n1 + ((column + q2 * n0) >> LIMB_BITS);
      const q3 = (column * inverse) & LIMB_MASK;
      carry = (column + q3 * n0) >> LIMB_BITS;
      t += 32;
      addRows(t, n + 16, count - 4, q0, q1, q2, q3);
    }
    for (let i = 0; i < count; i++) {
      carry += load<u64>(t);
      store<u32>(out, (<u32>carry) & (<u32>LIMB_MASK));
      carry >>= LIMB_BITS;
      t += 8;
      out += 4;
    }
  }

  /** @param bits of the modulus, its highest bit included */
  private computeSquareOfR(bits: u32): void {
    const count = this.count;
    const n = this.modulus;
    const y = this.squareOfR;
    const bitsOfR = <u32>count * LIMB_BITS;
    const limb = (bits - 1) / LIMB_BITS;
    const shift = (bits - 1) % LIMB_BITS;
    store<u32>(y + ((<usize>limb) << 2), (<u32>1) << shift);
    // From the power of two below the modulus to R, and once more: 2 in Montgomery's form.
    for (let i = bits - 1; i <= bitsOfR; i++) this.double(y);
    // 2 to the power of `bitsOfR`, which is R, in Montgomery's form.
    for (let bit = 30 - <i32>clz<u32>(bitsOfR); bit >= 0; bit--) {
      this.square(y);
      if (atLeast(y, n, count)) subtractLimbs(y, n, count);
      if (((bitsOfR >> bit) & 1) != 0) this.double(y);
    }
  }

  /** Doubles a number below the modulus, modulo the modulus. */
  private double(a: usize): void {
    doubleLimbs(a, this.count);
    if (atLeast(a, this.modulus, this.count)) subtractLimbs(a, this.modulus, this.count);
  }

  private get modulus(): usize {
    return changetype<usize>(this.memory);
  }

  private get squareOfR(): usize {
    return changetype<usize>(this.memory) + ((<usize>this.count) << 2);
  }
}

/** -1 / x modulo 2 to the power of 27, by Newton's method: each step doubles the bits that are right. */
function negativeInverse(x: u32): u64 {
  let inverse = x; // x * x is 1 modulo 8
  for (let i = 0; i < 4; i++) inverse *= 2 - x * inverse;
  return <u64>((0 - inverse) & LIMB_MASK);
}
