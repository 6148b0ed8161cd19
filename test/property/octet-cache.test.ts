import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("octet-cache");
});

const LONGEST = 40;

/** The same by a Map, which keeps the order in which its keys were put. */
class Model {
  readonly values = new Map<string, number>();
  hits = 0;
  misses = 0;
  evictions = 0;

  constructor(private readonly capacity: number) {}

  find(key: string): number {
    const value = this.values.get(key);
    if (value === undefined) {
      this.misses++;
      return 0;
    }
    this.hits++;
    this.put(key, value);
    return value;
  }

  set(key: string, value: number): number {
    if (key.length > LONGEST || this.capacity === 0) return 0;
    if (!this.values.has(key) && this.values.size === this.capacity) {
      this.values.delete(this.values.keys().next().value!);
      this.evictions++;
    }
    this.put(key, value);
    return 1;
  }

  private put(key: string, value: number): void {
    this.values.delete(key);
    this.values.set(key, value);
  }
}

// Few keys, so that they come again; of several lengths, so that the hash ends in all of its steps; alike at either end.
const key = fc
  .tuple(
    fc.constantFrom("", "a", "head-of-a-token."),
    fc.nat(9),
    fc.constantFrom("", ".tail-of-a-token", "z".repeat(30)),
  )
  .map((parts) => parts.join(""));
const step = fc.record({ key, value: fc.option(fc.integer({ min: 1, max: 1000 }), { freq: 2 }) });

test("it remembers what a map remembers that forgets the one not used for the longest time", () => {
  const seen = { evictions: 0, hits: 0, long: 0 };
  fc.assert(
    fc.property(
      fc.nat(40),
      fc.constantFrom(0, 1, 12, 0x7fffffff),
      fc.array(step, { minLength: 1, maxLength: 200, size: "max" }),
      (capacity, hashed, steps) => {
        const model = new Model(capacity);
        unit.call.make!(capacity, LONGEST, hashed);
        for (const { key, value } of steps) {
          unit.give(key);
          if (value === null) expect(unit.call.find!()).toBe(model.find(key));
          else expect(unit.call.set!(value)).toBe(model.set(key, value));
          if (value !== null && key.length > LONGEST) seen.long++;
        }
        expect(unit.call.size!()).toBe(model.values.size);
        for (const count of ["hits", "misses", "evictions"] as const)
          expect(unit.call[count]!()).toBe(model[count]);
        seen.evictions += model.evictions;
        seen.hits += model.hits;
      },
    ),
    { numRuns: 300 },
  );
  expect(Math.min(seen.evictions, seen.hits, seen.long)).toBeGreaterThan(100);
});

test("what has been forgotten takes no memory", () => {
  unit.call.make!(100, LONGEST, 4);
  const churn = () => {
    for (let i = 0; i < 100; i++) unit.call.churn!(500);
  };
  churn();
  const before = unit.memorySize();
  churn();
  churn();
  expect(unit.memorySize()).toBe(before);
});
