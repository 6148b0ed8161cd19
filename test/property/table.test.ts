import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("table");
});

const model = new Map<number, number>();
let tags = 0;

function put(id: number): void {
  unit.call.put!(id, ++tags);
  if (id !== 0) model.set(id, tags);
}

function remove(id: number): void {
  unit.call.remove!(id);
  model.delete(id);
}

function expectSame(ids: Iterable<number>): void {
  for (const id of ids) expect(unit.call.find!(id), `context ${id}`).toBe(model.get(id) ?? -1);
  expect(unit.call.count!()).toBe(model.size);
}

/** Few slots at the start of the table, so that runs collide, wrap around its end and grow into each other. */
const ids = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 50, max: 70 }),
  fc.nat(20).map((n) => n * 64 + 62),
  fc.constantFrom(0xffffffff, 0xfffffffe, 0x80000000),
);

test("is a map of identifiers to contexts, whatever is put and removed in whatever order", () => {
  const step = fc.tuple(fc.boolean(), ids);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
      for (const [isPut, id] of steps) {
        if (isPut) put(id);
        else remove(id);
        expectSame([id]);
      }
      expectSame([...model.keys(), 0, 1, 63, 64, 126]);
    }),
    { numRuns: 300 },
  );
});

test("the last context of an identifier is the one that is found", () => {
  put(7);
  put(7);
  expectSame([7]);
});

test("identifier 0 is none", () => {
  put(0);
  remove(0);
  expectSame([0]);
});

test("grows and keeps everything", () => {
  for (let id = 1; id <= 20_000; id++) put(id);
  expectSame([...model.keys(), 20_001]);
  for (let id = 1; id <= 20_000; id += 2) remove(id);
  expectSame(Array.from({ length: 20_001 }, (_, id) => id));
});

test("streams that come and go take no more memory over time", () => {
  for (const id of [...model.keys()]) remove(id);
  const live = 500;
  const churn = (from: number, to: number) => {
    for (let id = from; id < to; id++) {
      put(id);
      if (model.size > live) remove(id - live);
    }
  };
  churn(100_000, 150_000);
  const before = unit.memorySize();
  churn(150_000, 250_000);
  expect(unit.memorySize()).toBe(before);
  expectSame(model.keys());
});
