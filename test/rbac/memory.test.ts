// What a large configuration takes to load, and that collecting garbage meanwhile takes nothing that is needed.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { PluginRefused, startPlugin, type Plugin } from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";
import { collectedModule } from "./collected-module.js";
import { ACCEPTED, REFUSED } from "./config-refused.js";
import { configuration } from "./differential/configuration.js";
import { subjectOf } from "./differential/pairs.js";
import { build, requestPlan } from "./differential/request.js";
import { differentExpressions, LARGE_KINDS, LAST_PATH, largeConfiguration } from "./large-configurations.js";

const SEED = Number(process.env.TREMULA_SEED ?? 1);
const MOST_PAGES = 1024;

/** Where the addresses are that Envoy shows to nobody. */
const WHERE = {
  direct_remote_address: { filter_state: "direct" },
  connection_remote_address: { filter_state: "connection" },
};

let module: WebAssembly.Module;
/** The same, which collects garbage wherever it may, and writes over it. */
let collected: WebAssembly.Module;
beforeAll(async () => {
  module = await moduleOf("filters/rbac/index.ts");
  collected = await collectedModule();
});

function start(from: WebAssembly.Module, configuration: unknown): Plugin {
  const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
  return startPlugin(from, { name: "rbac", configuration: text });
}

function statusOf(plugin: Plugin, path: string): number | undefined {
  return plugin.request({ path }).response?.status;
}

describe("ten thousand policies in five megabytes", () => {
  test.each(LARGE_KINDS)("of the kind %s load in less than 64 MiB", (kind) => {
    const text = largeConfiguration(kind);
    expect(text.length).toBeGreaterThan(4.7e6);
    const plugin = start(module, text);
    expect(plugin.memoryPages).toBeLessThan(MOST_PAGES);
    expect(statusOf(plugin, LAST_PATH)).toBe(200);
    expect(statusOf(plugin, "/")).toBe(403);
    if (kind === "small") expect(statusOf(plugin, "/9999/6")).toBe(200);
  });
});

test("thirty thousand different expressions load in less than 128 MiB", () => {
  const text = differentExpressions();
  expect(text.length).toBeGreaterThan(5e6);
  const plugin = start(module, text);
  expect(plugin.memoryPages).toBeLessThan(2 * MOST_PAGES);
  expect(statusOf(plugin, `/v1/tenant-9999-2/users/a/${"x".repeat(60)}`)).toBe(200);
  expect(statusOf(plugin, "/v1/tenant-9999-2/users/a/x")).toBe(403);
});

describe("with garbage collected after each policy and each callback", () => {
  test.each(LARGE_KINDS)("a hundred policies of the kind %s decide as before", (kind) => {
    const plugin = start(collected, largeConfiguration(kind, 100));
    expect(statusOf(plugin, LAST_PATH)).toBe(200);
    expect(statusOf(plugin, "/")).toBe(403);
    if (kind === "small") expect(statusOf(plugin, "/99/6")).toBe(200);
  });

  test("what is accepted is accepted, and what is refused is refused for the same reason", () => {
    for (const one of ACCEPTED) start(collected, one);
    for (const [one] of REFUSED) expect(refusal(collected, one)).toBe(refusal(module, one));
  });

  test("random configurations decide on random requests as before", () => {
    const configurations = fc.sample(configuration(20), { numRuns: 12, seed: SEED });
    const seen = new Map<number | undefined, number>();
    configurations.forEach((one, index) => {
      const before = start(module, { ...WHERE, ...one });
      const after = start(collected, { ...WHERE, ...one });
      const { literals, slots } = subjectOf(one);
      for (const plan of fc.sample(requestPlan, { numRuns: 100, seed: SEED + index })) {
        const { method, path, headers } = build(plan, literals[plan.policy % literals.length]!, slots);
        const request = { method, path, headers };
        const { response } = before.request(request);
        expect(after.request(request).response?.status).toBe(response?.status);
        seen.set(response?.status, (seen.get(response?.status) ?? 0) + 1);
      }
      expect(after.trap).toBeNull();
    });
    expect(seen.get(200)).toBeGreaterThan(100);
    expect(seen.get(403)).toBeGreaterThan(100);
  });
});

function refusal(from: WebAssembly.Module, configuration: unknown): string {
  try {
    start(from, configuration);
    return "";
  } catch (error) {
    if (error instanceof PluginRefused) return error.message;
    throw error;
  }
}
