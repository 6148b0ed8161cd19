import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { send } from "../../harness/conformance/client.js";
import { bootstrap } from "../../harness/conformance/envoy-config.js";
import { readCounter, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";

// What Envoy has beside the ABI; the in-process host has none of it.

let echo: EchoServer;
let envoy: RunningEnvoy;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/envoy-only/index.ts" });
  const filter = {
    name: "wasm",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: outFile } } },
      },
    },
  };
  echo = await startEcho();
  const ports = { upstream: echo.port, callouts: echo.port, grpc: echo.port };
  envoy = await startEnvoy({ config: bootstrap([{ name: "main", filters: [filter] }], ports) });
});

afterAll(async () => {
  await envoy?.stop();
  await echo?.close();
});

async function resolve(name: string): Promise<[status: number, body: string]> {
  const response = await send(await envoy.listener("main"), {
    protocol: "http1",
    method: "GET",
    path: "/mine",
    authority: "example.com",
    headers: [["x-name", name]],
  });
  return [response.status, response.body.toString()];
}

it("resolves names that need no server, in the callback that asks", async () => {
  expect(await resolve("127.0.0.1")).toEqual([200, "/mine 127.0.0.1: 127.0.0.1"]);
  expect(await resolve("2001:db8::1")).toEqual([200, "/mine 2001:db8::1: 2001:db8::1"]);
  const [status, body] = await resolve("localhost");
  expect(status).toBe(200);
  expect(body).toMatch(/^\/mine localhost:( 127\.0\.0\.1| ::1)+$/);
});

it("answers without addresses for a name that there is not", async () => {
  expect(await resolve("no-such-name.invalid")).toEqual([200, "/mine no-such-name.invalid:"]);
});

it("refuses what is no name", async () => {
  expect(await resolve("")).toEqual([400, "its name is empty"]);
});

it("answers many queries at once, each to its own stream", async () => {
  const names = Array.from({ length: 40 }, (_, i) => (i % 2 ? `127.0.0.${i}` : `no-such-${i}.invalid`));
  const answers = await Promise.all(names.map(resolve));
  expect(answers).toEqual(names.map((name, i) => [200, `/mine ${name}:${i % 2 ? ` ${name}` : ""}`]));
  for (const counter of ["unknown_token", "dropped_callouts"]) {
    expect(await readCounter(envoy.admin, `wasmcustom.tremula.${counter}`)).toBe(0);
  }
});
