import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

type Pair = readonly [name: string, value: string];

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("pairs");
});

/** The block of some pairs, as the host builds it. */
function give(pairs: readonly Pair[]): void {
  const octets = pairs.map((pair) => pair.map((text) => Buffer.from(text, "latin1")));
  const sizes = Buffer.alloc(4 + 8 * pairs.length);
  sizes.writeUInt32LE(pairs.length, 0);
  octets.flat().forEach((text, i) => sizes.writeUInt32LE(text.length, 4 + 4 * i));
  const texts = octets.flat().flatMap((text) => [text, Buffer.alloc(1)]);
  unit.give(Buffer.concat([sizes, ...texts]));
  unit.call.begin!();
}

function expectNothing(): void {
  expect(unit.call.nameLength!()).toBe(0);
  expect(unit.call.valueLength!()).toBe(0);
  expect(unit.call.isPseudo!()).toBe(0);
}

test("lengths and pseudo names are those of the current pair, and of none before the first", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(":", ":path", "", "a:b", "::", "x".repeat(300)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 12 }), (pairs) => {
      give(pairs);
      for (let round = 0; round < 2; round++) {
        expectNothing();
        for (const [name, value] of pairs) {
          expect(unit.call.next!()).toBe(1);
          expect(unit.call.nameLength!()).toBe(name.length);
          expect(unit.call.valueLength!()).toBe(value.length);
          expect(unit.call.isPseudo!()).toBe(Number(name.startsWith(":")));
          expect(unit.call.viewLengths!()).toBe(name.length * 1000 + value.length);
        }
        expect(unit.call.next!()).toBe(0);
        unit.call.rewind!();
      }
    }),
    { numRuns: 500 },
  );
});

test("a block that breaks off has pairs up to there", () => {
  give([
    ["a", "bc"],
    [":d", ""],
  ]);
  expect(unit.call.next!()).toBe(1);
  // The second name reaches beyond the block.
  const sizes = Buffer.alloc(20);
  [2, 1, 2, 300, 0].forEach((size, i) => sizes.writeUInt32LE(size, 4 * i));
  unit.give(Buffer.concat([sizes, Buffer.from("a\0bc\0:d\0\0")]));
  unit.call.begin!();
  expectNothing();
  expect(unit.call.next!()).toBe(1);
  expect([unit.call.nameLength!(), unit.call.valueLength!()]).toEqual([1, 2]);
  expect(unit.call.next!()).toBe(0);
  expect([unit.call.nameLength!(), unit.call.valueLength!(), unit.call.isPseudo!()]).toEqual([1, 2, 0]);
});
