import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configuration, sizesFor } from "./differential/configuration.js";
import { minimize } from "./differential/minimize.js";
import { Pairs } from "./differential/pairs.js";
import { requestPlan } from "./differential/request.js";

const RUNS = Number(process.env.TREMULA_FUZZ_RUNS ?? 2000);
const SEED = Number(process.env.TREMULA_SEED ?? 1);

const SIZES = sizesFor(RUNS);

const configurations = SIZES.map(
  (size, index) => fc.sample(configuration(size), { numRuns: 1, seed: SEED * 1000 + index })[0]!,
);
let pairs: Pairs;

beforeAll(async () => {
  pairs = await Pairs.start(configurations);
});

afterAll(() => pairs?.stop());

test(
  `decides ${RUNS} times in ${SIZES.length} configurations as the native filter does`,
  async () => {
    const seen = new Map<string, number>();
    const indices = fc.nat(SIZES.length - 1);
    const run = await fc.check(
      fc.asyncProperty(indices, requestPlan, async (index, plan) => {
        const [native, ours] = await pairs.ask(index, pairs.request(index, plan));
        const kind = `${native.status} ${native.details} ${native.shadowPolicy} ${native.shadowResult}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        expect(ours).toEqual(native);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    if (run.counterexample) {
      const [index, plan] = run.counterexample;
      const least = await minimize(configurations[index]!, pairs.request(index, plan));
      expect.fail(`seed ${run.seed}, ${run.numRuns} runs: ${JSON.stringify(least, null, 2)}`);
    }
    const [native, ours] = await pairs.counters();
    expect(ours).toEqual(native);
    // Requests that all end alike would show nothing.
    const count = (status: string) =>
      [...seen].reduce((sum, [kind, n]) => sum + (kind.startsWith(status) ? n : 0), 0);
    expect(seen.size).toBeGreaterThan(40);
    expect(count("200")).toBeGreaterThan(RUNS / 5);
    expect(count("403")).toBeGreaterThan(RUNS / 5);
  },
  Math.max(180_000, RUNS * 50),
);
