// What the configuration of the RBAC filter may be.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { PluginRefused, startPlugin } from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";
import { ACCEPTED, OURS_ALONE, OWN, REFUSED } from "./config-refused.js";

fc.configureGlobal({ seed: Number(process.env.TREMULA_SEED ?? 1) });

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await moduleOf("filters/rbac/index.ts");
});

/** What the filter says of a configuration that it refuses; "" when it takes it. */
function errorOf(configuration: unknown): string {
  const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
  try {
    startPlugin(module, { name: "rbac", configuration: text });
    return "";
  } catch (error) {
    if (error instanceof PluginRefused) return error.message;
    throw error;
  }
}

describe("refused with the path and the reason", () => {
  test.each([...REFUSED, ...OURS_ALONE, ...OWN])("%j", (configuration, error) => {
    const said = /\$.*?(?= \(byte \d+\))/s.exec(errorOf(configuration))?.[0] ?? errorOf(configuration);
    if (typeof error === "string") expect(said).toBe(error);
    else expect(said).toMatch(error);
  });
});

test.each(ACCEPTED)("accepted: %j", (configuration) => {
  expect(errorOf(configuration)).toBe("");
});

test("no damaged configuration traps", () => {
  const texts = [...REFUSED, ...OURS_ALONE]
    .map(([one]) => one)
    .concat(ACCEPTED)
    .map((one) => JSON.stringify(one));
  const pieces = fc.constantFrom(
    "",
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e99",
    '"a"',
    "{}",
    "[]",
    '{"any":true}',
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.nat(), fc.nat(12), pieces, (text, place, size, piece) => {
      const at = place % text.length;
      if (errorOf(text.slice(0, at) + piece + text.slice(at + size)) !== "") refused++;
    }),
    { numRuns: Number(process.env.TREMULA_FUZZ_RUNS ?? 1_000) },
  );
  expect(refused).toBeGreaterThan(100);
});

test("a rule as deep as the reader takes is read, and a deeper one refused", () => {
  const nested = (depth: number) => {
    let id: object = { any: true };
    for (let i = 0; i < depth; i++) id = { not_id: id };
    return { rules: { policies: { p: { permissions: [{ any: true }], principals: [id] } } } };
  };
  expect(errorOf(nested(100))).toBe("");
  expect(errorOf(nested(200))).not.toBe("");
});
