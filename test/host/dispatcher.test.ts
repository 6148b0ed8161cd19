import { readFile } from "node:fs/promises";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";

// Stock Envoy never calls with an unknown id, so the rule that nothing traps then is tested against the module itself,
// with a host that answers Unimplemented to everything but metrics.
const UNIMPLEMENTED = 12;

let module: WebAssembly.Module;
let called: string[];
let callback: Record<string, (...values: number[]) => number>;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/sdk/index.ts" });
  module = new WebAssembly.Module(await readFile(outFile));
});

beforeEach(() => {
  called = [];
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = () => {
      called.push(name);
      return name.endsWith("_metric") ? 0 : UNIMPLEMENTED;
    };
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  callback = exports as typeof callback;
  callback["_initialize"]?.();
});

const STREAM_CALLBACKS = streamCallbacks();

function streamCallbacks(): string[] {
  const directions = ["request", "response"];
  return [
    ...directions.flatMap((direction) =>
      ["headers", "body", "trailers"].map((part) => `proxy_on_${direction}_${part}`),
    ),
    "proxy_on_log",
    "proxy_on_delete",
    "proxy_on_tick",
  ];
}

it.each(STREAM_CALLBACKS)("ignores and counts %s for a context that was never announced", (name) => {
  expect(callback[name]?.(4711, 1, 1) ?? 0).toBe(0);
  expect(called).toContain("proxy_increment_metric");
});

it.each([
  ["counts", "proxy_on_http_call_response", true],
  ["ignores", "proxy_on_grpc_receive_initial_metadata", false],
  ["ignores", "proxy_on_grpc_receive", false],
  ["ignores", "proxy_on_grpc_receive_trailing_metadata", false],
  ["ignores", "proxy_on_grpc_close", false],
])("%s %s for a token that was never given", (_, name, counts) => {
  callback[name]?.(1, 4711, 1, 1, 1);
  expect(called.includes("proxy_increment_metric")).toBe(counts);
});

it("is done at once with a context that was never announced", () => {
  expect(callback["proxy_on_done"]?.(4711)).toBe(1);
});

it("ignores a stream of a plugin that was never announced", () => {
  callback["proxy_on_context_create"]?.(8, 7);
  expect(callback["proxy_on_request_headers"]?.(8, 1, 1)).toBe(0);
});

it("refuses to configure a plugin whose root_id nobody serves", () => {
  callback["proxy_on_context_create"]?.(1, 0);
  expect(callback["proxy_on_configure"]?.(1, 0)).toBe(0);
  expect(called).toContain("proxy_log");
});

it("has no trap for any callback on any id in any order", () => {
  const names = [...STREAM_CALLBACKS, "proxy_on_context_create", "proxy_on_done", "proxy_on_configure"];
  // A fixed sequence (linear congruential), so that a failure repeats.
  let seed = 1;
  const next = (bound: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * bound);
  };
  for (let i = 0; i < 100_000; i++) {
    const name = names[next(names.length)] ?? "";
    callback[name]?.(next(12), next(12), next(2));
  }
});

it("gives memory of any size, and says that there is none for too much", () => {
  expect(callback["malloc"]?.(0)).toBeGreaterThan(0);
  expect(callback["proxy_on_memory_allocate"]?.(100_000)).toBeGreaterThan(0);
  expect(callback["malloc"]?.(0x7fff_ffff)).toBe(0);
  expect(callback["malloc"]?.(-1)).toBe(0);
});
