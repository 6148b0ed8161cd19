import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configuration } from "./differential/configuration.js";
import { Pairs } from "./differential/pair.js";
import { build, hasControlCharacters, requestPlan } from "./differential/request.js";

const RUNS = Number(process.env.TREMULA_FUZZ_RUNS ?? 1000);
const SEED = Number(process.env.TREMULA_SEED ?? 1);
/** So many configurations are tried, each with its share of the requests. */
const CONFIGURATIONS = Math.max(20, Math.min(100, Math.floor(RUNS / 40)));

const configurations = fc.sample(configuration, { numRuns: CONFIGURATIONS, seed: SEED });
let pairs: Pairs;

beforeAll(async () => {
  pairs = await Pairs.start(configurations);
}, 120_000);

afterAll(() => pairs?.stop());

test(
  `answers ${RUNS} mutated requests in ${CONFIGURATIONS} configurations as the native filter does`,
  async () => {
    const seen = new Map<string, number>();
    const indices = fc.integer({ min: 0, max: CONFIGURATIONS - 1 });
    await fc.assert(
      fc.asyncProperty(indices, requestPlan, async (index, plan) => {
        const request = build(plan, Math.floor(Date.now() / 1000));
        fc.pre(!hasControlCharacters(request));
        const [native, ours] = await Promise.all([pairs.native(index, request), pairs.ours(index, request)]);
        const kind = `${native.status} ${native.body}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        expect(
          ours,
          `configuration: ${JSON.stringify(configurations[index])}\nrequest: ${JSON.stringify(request)}`,
        ).toEqual(native);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // Requests that are all refused for the same reason would show nothing.
    expect(seen.size).toBeGreaterThan(12);
    expect(seen.get("200 ")).toBeGreaterThan(RUNS / 10);
  },
  Math.max(120_000, RUNS * 50),
);
