import { beforeAll, expect, it } from "vitest";
import { HOST_FUNCTIONS, WASI_FUNCTIONS } from "../../harness/build/abi.js";
import { EnvoyHazard, Status, startPlugin } from "../../harness/host/index.js";
import { decodePairs, encodePairs } from "../../harness/host/pairs.js";
import { HOST_CALLS } from "../../harness/host/calls/index.js";
import { WASI_CALLS } from "../../harness/host/wasi.js";
import { fromText } from "./support.js";

// A module may be broken or hostile: whatever it calls with, the host answers with a status.

const ODD = [0, 1, 3, 7, 64, 65_535, 65_536, 0x7fff_ffff, -1, -16, -0x8000_0000];

let module: WebAssembly.Module;

beforeAll(() => {
  module = fromText("");
});

it("has every host function and WASI function that stock Envoy links", () => {
  expect(Object.keys(HOST_CALLS).sort()).toEqual(Object.keys(HOST_FUNCTIONS).sort());
  expect(Object.keys(WASI_CALLS).sort()).toEqual(Object.keys(WASI_FUNCTIONS).sort());
});

it.each(Object.entries(HOST_FUNCTIONS))("%s answers a status to any arguments", (name, signature) => {
  const { vm } = startPlugin(module);
  const random = generator();
  for (let round = 0; round < 300; round++) {
    const args = argumentsFor(signature, random);
    const status = HOST_CALLS[name]!(vm, ...(args as never[]));
    expect(Status[status as number], `${name}(${args.join(", ")})`).toBeDefined();
  }
});

it.each(Object.entries(WASI_FUNCTIONS))("%s answers a number to any arguments", (name, signature) => {
  const { vm } = startPlugin(module);
  const random = generator();
  for (let round = 0; round < 300; round++) {
    const result = WASI_CALLS[name]!(vm, ...(argumentsFor(signature, random) as never[]));
    expect(result === undefined || (result >= 0 && result < 80)).toBe(true);
  }
});

it("reads a list of pairs that is malformed, or over the limits, as an empty one", () => {
  const good = encodePairs([["a", "1"]]);
  expect(decodePairs(good)).toEqual([["a", "1"]]);
  expect(decodePairs(new Uint8Array([...good, 0]))).toEqual([]);
  expect(decodePairs(good.subarray(0, good.length - 1))).toEqual([]);
  expect(decodePairs(new Uint8Array([255, 255, 255, 255]))).toEqual([]);
  const many = (count: number) => encodePairs(Array.from({ length: count }, () => ["x", "y"] as const));
  expect(decodePairs(many(1024))).toHaveLength(1024);
  expect(decodePairs(many(1025))).toEqual([]);
  expect(decodePairs(encodePairs([["x", "y".repeat(1024 * 1024)]]))).toEqual([]);
  const random = generator();
  for (let round = 0; round < 2_000; round++) {
    const octets = good.slice();
    octets[Math.floor(random() * octets.length)] = Math.floor(random() * 256);
    expect(Array.isArray(decodePairs(octets))).toBe(true);
  }
});

it.each([
  ["is nowhere", "(i32.const -16)"],
  ["is null", "(i32.const 0)"],
  ["is not given: malloc traps", "unreachable"],
])("answers InvalidMemoryAccess when the memory that it asks for %s", (_, malloc) => {
  const plugin = startPlugin(fromText("", { malloc }), { vmConfiguration: "some" });
  const vmConfiguration = 6;
  const call = HOST_CALLS["proxy_get_buffer_bytes"]! as (...args: unknown[]) => Status;
  // As in a plugin's callback.
  plugin.vm.current = plugin.root;
  expect(call(plugin.vm, vmConfiguration, 0, 10, 8, 12)).toBe(Status.InvalidMemoryAccess);
});

it("survives a module that calls itself for ever", () => {
  const module = fromText('(func $f (export "proxy_on_tick") (param i32) (call $f (i32.const 0)))');
  const plugin = startPlugin(module, { failurePolicy: "FAIL_CLOSED" });
  plugin.root.tick();
  expect(plugin.trap?.callback).toBe("proxy_on_tick");
});

it("names what stock Envoy does not survive", () => {
  const imports = `(import "env" "proxy_send_local_response" (func $local (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))`;
  const nothing = "(i32.const 0)".repeat(6);
  const inLog = fromText(
    `(func (export "proxy_on_log") (param i32) (drop (call $local (i32.const 403) ${nothing} (i32.const -1))))`,
    { imports },
  );
  expect(() => startPlugin(inLog).request()).toThrow(EnvoyHazard);
  const tooEarly = fromText(
    `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
       (drop (call $continue (i32.const 1))) (i32.const 1))`,
    { imports },
  );
  expect(() => startPlugin(tooEarly).request()).toThrow(EnvoyHazard);
});

it("answers Unimplemented, never Ok, where Envoy has a function and it does not", () => {
  const { vm, host } = startPlugin(module);
  const call = HOST_CALLS["envoy_resolve_dns"]! as (...args: unknown[]) => Status;
  expect(call(vm, 64, 0, 0)).toBe(Status.Unimplemented);
  expect([...host.unimplemented]).toEqual(["envoy_resolve_dns"]);
});

function argumentsFor(signature: string, random: () => number): (number | bigint)[] {
  const pick = () => ODD[Math.floor(random() * ODD.length)]!;
  return [...signature.split(":")[0]!].map((letter) => (letter === "l" ? BigInt(pick()) : pick()));
}

/** A fixed sequence, so that a failure repeats. */
function generator(): () => number {
  let seed = 1;
  return () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
}
