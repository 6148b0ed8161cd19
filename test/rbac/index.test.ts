import { beforeEach, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

// 1,000,000 and more with TREMULA_FUZZ_RUNS, which counts decisions.
const DECISIONS = Number(process.env.TREMULA_FUZZ_RUNS ?? 100_000);
const SEED = Number(process.env.TREMULA_SEED ?? 1);
const REQUESTS_PER_SET = 250;
const MOST_POLICIES = 2_000;

test(
  `the index finds what the plain evaluator finds, ${DECISIONS} times`,
  async () => {
    const unit = await loadUnit("rbac-index");
    let decided = 0;
    let matched = 0;
    let passedOver = 0;
    for (let set = 0; decided < DECISIONS; set++) {
      const seed = SEED * 1_000_000 + set;
      const policies = unit.call.make!(seed, MOST_POLICIES);
      const request = unit.call.differs!(REQUESTS_PER_SET);
      if (request >= 0) expect.fail(`differs on set ${seed}, of ${policies} policies, at request ${request}`);
      decided += REQUESTS_PER_SET;
      matched += unit.call.matched!();
      passedOver += unit.call.passedOver!();
    }
    // Neither answer is rare, and a good part of the policies that come before it was not evaluated.
    expect(matched / decided).toBeGreaterThan(0.3);
    expect(matched / decided).toBeLessThan(0.9);
    expect(passedOver / decided).toBeGreaterThan(10);
  },
  60_000 + DECISIONS,
);

/** As in the fixture. */
enum Kind {
  PathExact,
  PathPrefix,
  PathSuffix,
  Host,
  Header,
  Principal,
  Address,
  Claim,
  Grid,
  OnePath,
  Negated,
  Nested,
  Wide,
  Contains,
  Namespace,
}
const LOOKED_UP = [
  Kind.PathExact,
  Kind.PathPrefix,
  Kind.PathSuffix,
  Kind.Host,
  Kind.Header,
  Kind.Principal,
  Kind.Address,
  Kind.Claim,
  Kind.Grid,
  Kind.OnePath,
  Kind.Contains,
  Kind.Namespace,
];
const SIZES = [10, 100, 1_000, 10_000];
const LARGEST = 8 * 1024 * 1024;

describe("a decision by the index", () => {
  let unit: Unit;
  // Each with fresh memory, which a set of thousands of policies would leave large.
  beforeEach(async () => {
    unit = await loadUnit("rbac-index-bench");
  });

  /** Makes a set, its index, and a request that its last policy matches. */
  function make(kind: Kind, policies: number): void {
    unit.call.make!(kind, policies);
    unit.call.build!();
    unit.call.request!(kind, policies - 1, policies);
  }

  describe.each(LOOKED_UP.map((kind) => ({ kind, name: Kind[kind] })))("by $name", ({ kind }) => {
    test.each(SIZES)("evaluates few of %d policies", (policies) => {
      make(kind, policies);
      const evaluated = unit.call.find!(1);
      expect(evaluated).toBeGreaterThan(0);
      expect(evaluated).toBeLessThanOrEqual(8);
      expect(unit.call.size!()).toBeLessThan(LARGEST);
      tellFigures(unit, `${Kind[kind]} ${policies}`);
      unit.call.request!(kind, 3 * policies + 7, policies);
      expect(unit.call.find!(1)).toBe(-1);
    });
  });

  test.each([
    [Kind.Negated, 1_000, 1_000],
    [Kind.Nested, 1_000, 1_000],
    [Kind.Wide, 200, 100],
  ])(
    "kind %d of %d, in which nothing can be told apart, evaluates each policy once",
    (kind, size, policies) => {
      make(kind, size);
      expect(unit.call.find!(1)).toBe(policies);
      tellFigures(unit, `${Kind[kind]} ${size}`);
    },
  );

  test("of no policies finds none", () => {
    unit.call.make!(Kind.PathExact, 0);
    unit.call.build!();
    unit.call.request!(Kind.PathExact, 0, 0);
    expect(unit.call.find!(1)).toBe(-1);
  });

  test("asks for a principal only when the path is one of a policy's", () => {
    make(Kind.Grid, 10_000);
    expect(unit.call.fetched!()).toBe(2);
    unit.call.request!(Kind.Grid, 1_000_000, 10_000);
    expect(unit.call.fetched!()).toBe(1);
  });

  test.each([
    [Kind.Header, 5_000, 20],
    [Kind.Header, 100, 60_000],
    [Kind.Principal, 5_000, 20],
    [Kind.Nested, 1_000, 1],
    [Kind.Namespace, 5_000, 20],
    [Kind.Namespace, 10, 60_000],
  ])(
    "of kind %d survives %d values of %d octets, and evaluates each policy once at most",
    (kind, values, octets) => {
      make(kind, 1_000);
      unit.call.repeat!(values, octets);
      const evaluated = unit.call.find!(1);
      expect(evaluated).toBeGreaterThan(0);
      expect(evaluated).toBeLessThanOrEqual(1_000);
      expect(unit.call.plain!(1)).toBe(1);
    },
  );
});

/** With TREMULA_FIGURES, says what a decision costs, by the index and without it. */
function tellFigures(unit: Unit, what: string): void {
  if (!process.env.TREMULA_FIGURES) return;
  const byIndex = nanoseconds(unit.call.find!);
  const plain = nanoseconds(unit.call.plain!);
  console.log(`${what}: ${byIndex} ns by the index of ${unit.call.size!()} octets, ${plain} ns without`);
}

function nanoseconds(decide: (times: number) => number): number {
  let times = 1;
  for (;;) {
    const start = performance.now();
    decide(times);
    const elapsed = performance.now() - start;
    if (elapsed > 100) return Math.round((elapsed / times) * 1e6);
    times *= 2;
  }
}
