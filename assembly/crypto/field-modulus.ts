// SPDX-License-Identifier: Apache-2.0
import { inverse } from "./field-inverse";
import { addLimbs, compareLimbs, highPart, LIMB_BITS, lowLimb, readHex, settle } from "./field-limbs";
import { COLUMNS, product } from "./field-product";

/**
 * Arithmetic modulo an odd prime M of `limbs` limbs, after Montgomery: a product comes divided by R = 2^(29 × limbs), so
 * numbers are kept multiplied by it. For group orders, which have no form to take advantage of, and to prepare fields.
 */
@final
export class Modulus {
  private readonly memory: StaticArray<i32>;
  /** -1/M modulo 2^29. */
  private readonly factor: i32;

  /**
   * @param value M in hexadecimal digits
   * @param limbs 9, 14 or 18, and so many that M has fewer bits than they hold
   */
  constructor(
    value: string,
    /** How many limbs a number has. */
    public readonly limbs: i32,
  ) {
    const memory = new StaticArray<i32>(2 * limbs);
    this.memory = memory;
    readHex(changetype<usize>(memory), limbs, value);
    this.factor = -inverseOfOdd(unchecked(memory[0]));
    this.computeSquaredRadix();
  }

  /** M itself, canonical. */
  get value(): usize {
    return changetype<usize>(this.memory);
  }

  /** R² modulo M: a product with it multiplies by R. */
  get squaredRadix(): usize {
    return changetype<usize>(this.memory) + ((<usize>this.limbs) << 2);
  }

  /** `out = a × b / R`, reduced. */
  multiply(out: usize, a: usize, b: usize): void {
    product(a, b, this.limbs);
    this.reduce(out);
  }

  /** `out = number` modulo M, loose, for a number of `2 × limbs` limbs from 0 to 2^29 - 1 that is less than M × R. */
  reduceWide(out: usize, number: usize): void {
    const size = (<usize>this.limbs) << 3;
    for (let i: usize = 0; i < size; i += 4) store<i64>(COLUMNS + (i << 1), load<i32>(number + i));
    this.reduce(out);
    this.multiply(out, out, this.squaredRadix);
  }

  /** What the columns of a product amount to, divided by R. */
  private reduce(out: usize): void {
    const size = (<usize>this.limbs) << 3;
    const value = this.value;
    const factor = this.factor;
    const end = COLUMNS + size;
    for (let at = COLUMNS; at < end; at += 8) {
      const multiple = <i64>lowLimb(load<i32>(at) * factor);
      for (let i: usize = 0; i < size; i += 8) {
        store<i64>(at + i, load<i64>(at + i) + multiple * <i64>load<i32>(value + (i >> 1)));
      }
      store<i64>(at, load<i64>(at, 8) + (load<i64>(at) >> LIMB_BITS), 8);
    }
    carryColumns(out, end, this.limbs);
  }

  /** Makes a number canonical, by adding or subtracting M: it is no more than a few M from zero. */
  normalize(number: usize): void {
    const limbs = this.limbs;
    const top = number + ((<usize>limbs - 1) << 2);
    settle(number, limbs);
    while (load<i32>(top) < 0) {
      addLimbs(number, this.value, limbs, 1);
      settle(number, limbs);
    }
    while (compareLimbs(number, this.value, limbs) >= 0) {
      addLimbs(number, this.value, limbs, -1);
      settle(number, limbs);
    }
  }

  /** `number = M - number`, of a canonical number; M for 0. */
  complement(number: usize): void {
    for (let i: usize = 0; i < (<usize>this.limbs) << 2; i += 4) {
      store<i32>(number + i, load<i32>(this.value + i) - load<i32>(number + i));
    }
    settle(number, this.limbs);
  }

  /** `out = 1/a`, canonical; 0 for 0. `a` is canonical, and neither is multiplied by R. */
  invert(out: usize, a: usize): void {
    inverse(out, a, this.value, -this.factor, this.limbs);
    this.normalize(out);
  }

  /** Doubles 1 as often as R² has bits. */
  private computeSquaredRadix(): void {
    const at = this.squaredRadix;
    store<i32>(at, 1);
    for (let i = 2 * LIMB_BITS * this.limbs; i > 0; i--) {
      addLimbs(at, at, this.limbs, 1);
      this.normalize(at);
    }
  }
}

/** Carries `limbs` columns into the limbs of a number. What the last carries over stays in it. */
export function carryColumns(out: usize, columns: usize, limbs: i32): void {
  let sum = load<i64>(columns);
  for (; limbs > 1; limbs--) {
    store<i32>(out, lowLimb(sum));
    columns += 8;
    sum = load<i64>(columns) + highPart(sum);
    out += 4;
  }
  store<i32>(out, <i32>sum);
}

/** 1/odd modulo 2^32, by Newton's iteration, which doubles the number of right bits: odd itself has three. */
function inverseOfOdd(odd: i32): i32 {
  let inverse = odd;
  for (let i = 0; i < 4; i++) inverse *= 2 - odd * inverse;
  return inverse;
}
