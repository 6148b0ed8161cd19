import { readFile } from "node:fs/promises";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { audit } from "../../harness/build/audit.js";
import { compile } from "../../harness/build/compile.js";
import { readModule } from "../../harness/build/module.js";

// Callbacks that stock Envoy has no cause to make, so that the module is called by hand.
const OK = 0;
const PLUGIN = 1;
const STREAM = 2;

let path: string;
let module: WebAssembly.Module;
let logged: string[];
let answer: string;
let callback: Record<string, (...values: number[]) => number>;
let memory: WebAssembly.Memory;

beforeAll(async () => {
  path = (await compile({ entry: "test/fixtures/rare/index.ts" })).outFile;
  module = new WebAssembly.Module(await readFile(path));
});

beforeEach(() => {
  logged = [];
  answer = "";
  const env: Record<string, (...values: number[]) => number> = {};
  for (const { name } of WebAssembly.Module.imports(module)) env[name] = () => OK;
  env.proxy_log = (_level, address, size) => {
    logged.push(Buffer.from(memory.buffer, address, size).toString());
    return OK;
  };
  env.proxy_get_buffer_bytes = (_type, _start, _max, pointer = 0, size = 0) => {
    const address = callback.malloc!(answer.length);
    new Uint8Array(memory.buffer).set(Buffer.from(answer), address);
    new DataView(memory.buffer).setUint32(pointer, address, true);
    new DataView(memory.buffer).setUint32(size, answer.length, true);
    return OK;
  };
  const { exports } = new WebAssembly.Instance(module, { env });
  callback = exports as typeof callback;
  memory = exports.memory as WebAssembly.Memory;
  callback._initialize!();
  callback.proxy_on_context_create!(PLUGIN, 0);
  callback.proxy_on_context_create!(STREAM, PLUGIN);
});

it("exports the callbacks that it overrides, and none for answers that it does not want", async () => {
  const compiled = await readModule(path);
  expect(audit(compiled)).toEqual([]);
  const names = compiled.exports.map(({ name }) => name).filter((name) => /^proxy_(on|validate)/.test(name));
  expect(names.sort()).toEqual([
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_done",
    "proxy_on_foreign_function",
    "proxy_on_memory_allocate",
    "proxy_on_request_headers",
    "proxy_on_request_metadata",
    "proxy_on_response_metadata",
    "proxy_on_tick",
    "proxy_validate_configuration",
  ]);
});

it("is told of metadata frames in both directions", () => {
  expect(callback.proxy_on_request_metadata!(STREAM, 3)).toBe(0);
  expect(callback.proxy_on_response_metadata!(STREAM, 4)).toBe(0);
  expect(logged).toEqual(["request metadata 3", "response metadata 4"]);
});

it("validates a configuration without using it", () => {
  answer = "valid";
  expect(callback.proxy_validate_configuration!(PLUGIN, answer.length)).toBe(1);
  answer = "other";
  expect(callback.proxy_validate_configuration!(PLUGIN, answer.length)).toBe(0);
});

it("is called back by a host with functions of its own, in a plugin and in a stream", () => {
  answer = "arguments";
  callback.proxy_on_foreign_function!(PLUGIN, 7, answer.length);
  callback.proxy_on_foreign_function!(STREAM, 8, answer.length);
  callback.proxy_on_foreign_function!(4711, 9, answer.length);
  expect(logged).toEqual(['plugin: function 7 "arguments"', 'stream: function 8 "arguments"']);
});

it("keeps nothing of calls whose answers it does not want", () => {
  const call = () => callback.proxy_on_request_headers!(STREAM, 1, 1);
  for (let i = 0; i < 10_000; i++) call();
  const before = memory.buffer.byteLength;
  for (let i = 0; i < 100_000; i++) call();
  expect(memory.buffer.byteLength).toBe(before);
  expect(logged).toEqual([]);
});
