import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { CURVES } from "./ec-curves.js";

const LIMB_BITS = 29;
const HALF_LIMB = 2 ** 28;

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("ec-field");
});

function valueOf(limbs: readonly number[]): bigint {
  return limbs.reduceRight((value, limb) => (value << BigInt(LIMB_BITS)) + BigInt(limb), 0n);
}

function limbsOf(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(LIMB_BITS * i)) & 0x1fff_ffffn));
}

function give(...numbers: readonly (readonly number[])[]): void {
  unit.give(Buffer.from(Int32Array.from(numbers.flat()).buffer));
}

function limbsAt(address: number, count: number): number[] {
  const octets = unit.octets(address, count * 4);
  return Array.from(new Int32Array(octets.buffer, octets.byteOffset, count));
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** Limbs within ±2^28 × weight, often at the ends of it, where sums are largest. */
function numbers(count: number, weight: number): fc.Arbitrary<number[]> {
  const end = Math.floor(HALF_LIMB * weight);
  const limb = fc.oneof(
    fc.constantFrom(-end, end, 0, 1, -1, end - 1, 1 - end),
    fc.integer({ min: -end, max: end }),
  );
  return fc.oneof(
    fc.array(limb, { minLength: count, maxLength: count }),
    fc.constantFrom(-end, end).map((all) => Array<number>(count).fill(all)),
  );
}

/** All but the last, which takes what is left. */
function expectReduced(limbs: readonly number[]): void {
  for (const limb of limbs.slice(0, -1)) expect(Math.abs(limb)).toBeLessThanOrEqual(HALF_LIMB + 2 ** 17);
}

/** `value` is so many times the modulus at most, give or take a thousandth. */
function expectWithin(value: bigint, modulus: bigint, times: number): void {
  const magnitude = value < 0n ? -value : value;
  expect(Number((magnitude * 10_000n) / modulus) / 10_000).toBeLessThanOrEqual(times + 0.001);
}

interface Field {
  readonly name: string;
  readonly prime: bigint;
  readonly limbs: number;
  /** What a product comes divided by. */
  readonly divisor: bigint;
  /** Whether what is above the bits of the prime is folded, so that a product is within half the prime of zero. */
  readonly isFolded: boolean;
  /** How loose the two may be, at most; see field-product.ts. */
  readonly weights: readonly (readonly [number, number])[];
  readonly squareWeight: number;
  readonly call: (operation: "multiply" | "square" | "invert") => number;
}

const FIELDS: Field[] = [
  {
    name: "Curve25519",
    prime: 2n ** 255n - 19n,
    limbs: 9,
    divisor: 1n,
    isFolded: true,
    weights: [
      [7, 2],
      [2, 7],
      [3.5, 4],
    ],
    squareWeight: 3.7,
    call: (operation) => unit.call[`${operation}25519`]!(),
  },
  ...CURVES.map(({ name, prime, limbs }, index): Field => {
    const most = { 9: 14, 14: 9, 18: 6 }[limbs]!;
    return {
      name,
      prime,
      limbs,
      divisor: 1n << BigInt(LIMB_BITS * limbs),
      isFolded: name === "P-521",
      weights: [
        [most / 2, 2],
        [2, most / 2],
        [3, most / 3],
      ],
      squareWeight: Math.floor(10 * Math.sqrt(most)) / 10,
      call: (operation) => {
        unit.call.select!(index);
        return unit.call[operation]!();
      },
    };
  }),
];

describe.each(FIELDS)("the field of $name", (field) => {
  const { prime, limbs, divisor, isFolded, weights, squareWeight, call } = field;

  /** How often the prime goes into a product at most, where limbs are all at their ends. */
  function timesOf(left: number, right: number): number {
    const radix = 1n << BigInt(LIMB_BITS * limbs);
    const quarter = Number((radix * 10_000n) / prime) / 10_000 / 4;
    return isFolded ? 0.5 : 0.5 + left * right * quarter * 1.001;
  }

  test.each(weights)("multiplies numbers as loose as %d and %d", (left, right) => {
    fc.assert(
      fc.property(numbers(limbs, left), numbers(limbs, right), (a, b) => {
        give(a, b);
        const product = limbsAt(call("multiply"), limbs);
        expect(modulo(valueOf(product) * divisor, prime)).toBe(modulo(valueOf(a) * valueOf(b), prime));
        expectReduced(product);
        expectWithin(valueOf(product), prime, timesOf(left, right));
      }),
      { numRuns: 2000 },
    );
  });

  test("squares", () => {
    fc.assert(
      fc.property(numbers(limbs, squareWeight), (a) => {
        give(a);
        const result = limbsAt(call("square"), limbs);
        expect(modulo(valueOf(result) * divisor, prime)).toBe(modulo(valueOf(a) ** 2n, prime));
        expectReduced(result);
        expectWithin(valueOf(result), prime, timesOf(squareWeight, squareWeight));
      }),
      { numRuns: 2000 },
    );
  });

  test("inverts", () => {
    fc.assert(
      fc.property(numbers(limbs, 1), (a) => {
        give(a);
        const result = valueOf(limbsAt(call("invert"), limbs));
        // a R becomes R / a: what they make together is R².
        const expected = modulo(valueOf(a), prime) === 0n ? 0n : modulo(divisor * divisor, prime);
        expect(modulo(result * valueOf(a), prime)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe.each(FIELDS.slice(1))("carrying in the field of $name", ({ name, prime, limbs, isFolded }) => {
  test("makes limbs small and leaves the value", () => {
    unit.call.select!(CURVES.findIndex((curve) => curve.name === name));
    fc.assert(
      fc.property(numbers(limbs, 6), (a) => {
        give(a);
        const carried = limbsAt(unit.call.carry!(), limbs);
        expect(modulo(valueOf(carried), prime)).toBe(modulo(valueOf(a), prime));
        expectReduced(carried);
        if (isFolded) expectWithin(valueOf(carried), prime, 0.5);
      }),
      { numRuns: 2000 },
    );
  });
});

const ORDERS = [
  { name: "Ed25519", index: -1, order: 2n ** 252n + 27742317777372353535851937790883648493n, limbs: 9 },
  ...CURVES.map(({ name, order, limbs }, index) => ({ name, index, order, limbs })),
];

describe.each(ORDERS)("modulo the order of $name", ({ index, order, limbs }) => {
  const edges = fc.constantFrom(0n, 1n, 2n, order - 1n, order - 2n, (order - 1n) / 2n, (order + 1n) / 2n);
  const scalar = fc.oneof(edges, fc.bigInt(0n, order - 1n));

  test("multiplies canonical numbers", () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        give(limbsOf(a, limbs), limbsOf(b, limbs));
        const product = limbsAt(unit.call.multiplyModuloOrder!(index), limbs);
        expect(modulo(valueOf(product) << BigInt(LIMB_BITS * limbs), order)).toBe(modulo(a * b, order));
      }),
      { numRuns: 2000 },
    );
  });

  test("multiplies numbers all of whose bits are set", () => {
    const all = Array<number>(limbs).fill(2 ** LIMB_BITS - 1);
    give(all, all);
    const product = limbsAt(unit.call.multiplyModuloOrder!(index), limbs);
    expect(modulo(valueOf(product) << BigInt(LIMB_BITS * limbs), order)).toBe(
      modulo(valueOf(all) ** 2n, order),
    );
  });

  test("inverts", () => {
    fc.assert(
      fc.property(scalar, (a) => {
        give(limbsOf(a, limbs));
        const inverse = valueOf(limbsAt(unit.call.invertModuloOrder!(index), limbs));
        expect(inverse).toBeGreaterThanOrEqual(0n);
        expect(inverse).toBeLessThan(order);
        expect(modulo(inverse * a, order)).toBe(a === 0n ? 0n : 1n);
      }),
      { numRuns: 2000 },
    );
  });
});
