import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";
import { CURVES, multipleOfBase, octetsOf } from "./ec-curves.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("ec-multiply");
});

describe.each(CURVES.map((curve, index) => ({ ...curve, curve, index })))("on $name", ({ curve, index }) => {
  const { order, length } = curve;

  /** u G + v (d G), as x and y one behind the other; null for infinity. */
  function multiples(u: bigint, v: bigint): Buffer | null {
    unit.give(Buffer.concat([octetsOf(u, length), octetsOf(v, length)]));
    const address = unit.call.multiples!(index);
    return address === 0 ? null : Buffer.from(unit.octets(address, 2 * length)).reverse();
  }

  function setPoint(d: bigint): void {
    unit.give(multipleOfBase(curve, d));
    unit.call.setPoint!(index);
  }

  function expectMultiples(u: bigint, v: bigint, d: bigint): void {
    const sum = (u + v * d) % order;
    expect(multiples(u, v)).toEqual(sum === 0n ? null : multipleOfBase(curve, sum));
  }

  const half = (order + 1n) / 2n;
  const scalars = [0n, 1n, 2n, 3n, 4n, 0xffn, 1n << 16n, half - 1n, half, order - 3n, order - 2n, order - 1n];

  // The table of the point and that of the base point have points in common then, so that equal and opposite ones are
  // added up all the time.
  test.each([
    ["itself", 1n],
    ["its opposite", order - 1n],
    ["its double", 2n],
    ["its half", half],
    ["its triple", 3n],
    ["a column further", 1n << BigInt(Math.ceil(order.toString(2).length / 16))],
  ])("adds multiples of the base point and %s", (_, d) => {
    setPoint(d);
    for (const u of scalars) for (const v of scalars) expectMultiples(u, v, d);
  });

  test("adds multiples of the base point and of others", () => {
    const scalar = fc.oneof(fc.constantFrom(...scalars), fc.bigInt(0n, order - 1n));
    for (const d of [5n, order / 3n, order - 7n, order / 65537n]) {
      setPoint(d);
      fc.assert(
        fc.property(scalar, scalar, (u, v) => expectMultiples(u, v, d)),
        { numRuns: 300 },
      );
    }
  });

  test("finds infinity where multiples are opposite", () => {
    setPoint(order / 5n);
    fc.assert(
      fc.property(fc.bigInt(0n, order - 1n), (v) => {
        const u = (order - ((v * (order / 5n)) % order)) % order;
        expect(multiples(u, v)).toBeNull();
      }),
      { numRuns: 100 },
    );
  });

  test("doubles where the sum so far and the next entry are the same point", () => {
    // The point is the base point. In the highest column the lower digit of v is the opposite of u's, so that they cancel
    // out, and the upper one is the same: what is left is added to itself. Bit i of a digit is bit (i + 1) × columns of
    // the scalar.
    setPoint(1n);
    const columns = BigInt(Math.ceil(order.toString(2).length / 16));
    let mask = 0n;
    for (let row = 1n; row <= 8n; row++) mask |= 1n << (row * columns);
    fc.assert(
      fc.property(fc.bigInt(0n, order / 4n), (number) => {
        const u = 2n * number + 1n;
        expectMultiples(u, u ^ mask, 1n);
      }),
      { numRuns: 100 },
    );
  });

  test("is right for the same digits in a row", () => {
    // Scalars that are digits of the comb repeated: the sums of the upper and the lower rows meet.
    setPoint(1n);
    for (const bits of [1, 2, 4, 8, 11, 16, 22, 24, 32, 33, 64]) {
      let u = 0n;
      for (let shift = 0n; shift < BigInt(order.toString(2).length - 1); shift += BigInt(bits))
        u |= 1n << shift;
      for (const v of [u, order - u, (2n * u) % order, u + 1n]) expectMultiples(u % order, v % order, 1n);
    }
  });
});
