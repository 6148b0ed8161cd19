// No input is two protocols at the same octet, and the order of the probes decides nothing. Each input below is examined
// twice: in one segment, and octet by octet by the same probes in another order.
import { beforeAll, describe, expect, test } from "vitest";
import { GREETINGS, ON_REQUEST, SAMPLES } from "./corpus.js";
import { Driver } from "./driver.js";

const SEED = Number(process.env.TREMULA_SEED ?? 1);
const INPUTS = Number(process.env.TREMULA_FUZZ_PROTOCOLS ?? 400_000);
/** Octets within which most probes have decided. */
const HEAD = 40;
const MOST = 64;
const ORDERS = [1, 2, 3];

let driver: Driver;
beforeAll(async () => {
  driver = await Driver.load();
});

const CLIENTS = [...SAMPLES, ...ON_REQUEST].filter(({ octets }) => octets.length > 0);

function begin(order: number): void {
  driver.call.useAll!(0);
  driver.call.shuffle!(order + SEED);
  driver.call.limit!(8192, 1);
  driver.call.seed!(order + SEED);
}

/** What is wrong, with the octets it is wrong with. */
function report(wrong: number): string | undefined {
  if (wrong === 0) return undefined;
  const what = wrong === 1 ? "two protocols" : "the order matters";
  return `${what}: ${driver.text("protocol")} for ${driver.text("scratchHex")}`;
}

test("each sample is one thing, in any order", () => {
  for (const order of ORDERS) {
    begin(order);
    for (const { name, octets } of CLIENTS) {
      driver.give(octets);
      expect(report(driver.call.splice!(0, 0)), name).toBeUndefined();
    }
  }
});

test("the beginning of one with the rest of another", () => {
  begin(1);
  for (const one of CLIENTS) {
    const head = one.octets.subarray(0, HEAD);
    for (const other of CLIENTS) {
      driver.give(Buffer.concat([head, other.octets.subarray(0, MOST)]));
      expect(report(driver.call.splice!(head.length, HEAD)), `${one.name} and ${other.name}`).toBeUndefined();
    }
  }
});

test("samples with a few octets changed", () => {
  begin(2);
  const times = Math.ceil(INPUTS / CLIENTS.length);
  for (const { name, octets } of CLIENTS) {
    driver.give(octets.subarray(0, MOST));
    expect(report(driver.call.mutate!(times)), name).toBeUndefined();
  }
  expect(driver.call.matched!()).toBeGreaterThan(INPUTS / 25);
});

test("octets at random", () => {
  begin(3);
  expect(report(driver.call.noise!(INPUTS))).toBeUndefined();
  expect(driver.call.matched!()).toBeGreaterThan(0);
});

describe("two probes that are led along octets that leave both alive", () => {
  const WALKS = Math.ceil(INPUTS / 2000);

  /** Pairs that have a first octet in common. */
  function pairs(): [number, number][] {
    const count = driver.call.probes!();
    const all = Array.from({ length: count }, (_, a) => Array.from({ length: a }, (_, b) => [a, b] as const));
    return all.flat().filter(([a, b]) => driver.call.meet!(a, b)) as [number, number][];
  }

  test.each(["useAll", "useGreetings"])("never match together: %s", (use) => {
    driver.call[use]!(0);
    driver.call.seed!(SEED);
    const found = pairs();
    for (const [a, b] of found) expect(report(driver.call.walk!(a, b, WALKS))).toBeUndefined();
    expect(found.length).toBeGreaterThan(use === "useAll" ? 150 : 3);
    expect(driver.call.depth!()).toBeGreaterThan(3);
  });

  test("a tie is found", () => {
    driver.call.useTie!();
    expect(report(driver.call.walk!(1, 0, 1))).toMatch(/ for 746965$/);
  });
});

describe("greetings", () => {
  test("with a few octets changed", () => {
    driver.call.useGreetings!();
    driver.call.shuffle!(SEED);
    driver.call.limit!(512, 1);
    driver.call.seed!(SEED);
    for (const { name, octets } of GREETINGS) {
      driver.give(octets.subarray(0, MOST));
      expect(report(driver.call.mutate!(5000)), name).toBeUndefined();
    }
    expect(driver.call.matched!()).toBeGreaterThan(0);
  });
});

test("a tie is seen: two probes for the same octets", () => {
  driver.call.useTie!();
  driver.whole(Buffer.from("tie"));
  expect(driver.call.isAmbiguous!()).toBe(1);
  driver.call.shuffle!(1);
  driver.call.seed!(1);
  driver.give(Buffer.from("tie"));
  expect(driver.call.splice!(0, 0)).toBe(1);
});
