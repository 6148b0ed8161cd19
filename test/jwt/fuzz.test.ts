import fc from "fast-check";
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { startPlugin } from "../../harness/host/index.js";
import { configuration } from "./differential/configuration.js";
import { build, requestPlan, type SentRequest } from "./differential/request.js";

// The filter as a whole, in process: whatever clients send, it answers. A trap is thrown at the test.

const REQUESTS = Number(process.env.TREMULA_FUZZ_REQUESTS ?? 100_000);
const CONFIGURATIONS = 50;
const SEED = Number(process.env.TREMULA_SEED ?? 1);
/** Pages of 64 KiB: the cache of tokens fills, and then nothing grows. */
const MOST_PAGES = 160;

let module: WebAssembly.Module;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "filters/jwt-authn/index.ts" });
  module = new WebAssembly.Module(await readFile(outFile));
});

/** Text that is no token at all, where one is looked for. */
const garbage: fc.Arbitrary<SentRequest> = fc
  .record({
    name: fc.constantFrom("authorization", "h1", "h2", "cookie", "x-payload", "x_payload"),
    value: fc.oneof(
      fc.string({ unit: "binary", maxLength: 300, size: "max" }),
      fc
        .array(fc.base64String({ maxLength: 80, size: "max" }), { maxLength: 5, size: "max" })
        .map((list) => list.join(".")),
    ),
    prefix: fc.constantFrom("", "Bearer ", "tok ", "c=", 'c="', "Basic x,Bearer "),
    query: fc.string({ unit: "binary", maxLength: 100, size: "max" }),
  })
  .map(({ name, value, prefix, query }) => ({
    method: "GET",
    path: `/p1?q=${latin1(query)}`,
    headers: [[name, prefix + latin1(value)]],
  }));

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

describe.each(["strict", "envoy"])("mode %s", (mode) => {
  test(`${REQUESTS / 2} fuzzed requests in ${CONFIGURATIONS} configurations`, { timeout: 300_000 }, () => {
    const now = Math.floor(Date.now() / 1000);
    const share = Math.ceil(REQUESTS / 2 / CONFIGURATIONS);
    const requests = fc.oneof(
      { weight: 1, arbitrary: requestPlan.map((plan) => build(plan, now)) },
      { weight: 3, arbitrary: garbage },
    );
    const seen = new Set<number>();
    fc.sample(accepted(mode), { numRuns: CONFIGURATIONS, seed: SEED }).forEach((settings, index) => {
      const plugin = startPlugin(module, {
        configuration: { ...settings, mode, verifier: "own" },
      });
      for (const { method, path, headers } of fc.sample(requests, { numRuns: share, seed: SEED + index })) {
        const { response } = plugin.request({
          method,
          path,
          headers: headers.map(([name, value]): [string, string] => [name, value]),
        });
        seen.add(response.status);
      }
      expect(plugin.memoryPages).toBeLessThan(MOST_PAGES);
    });
    expect([...seen].sort()).toEqual([200, 401, 403]);
  });
});

/** Strict mode refuses a set in which every key id is contested. */
function accepted(mode: string): typeof configuration {
  return configuration.filter((settings) => {
    try {
      startPlugin(module, { configuration: { ...settings, mode } });
      return true;
    } catch (error) {
      expect(String(error)).toContain("local_jwks");
      return false;
    }
  });
}
