import { afterAll, beforeAll, expect, it } from "vitest";
import { readRssKiB } from "../../harness/bench/cpu.js";
import { findLoadGenerator, runLoad } from "../../harness/bench/load.js";
import { compile } from "../../harness/build/compile.js";
import { loadConfig, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";

const REQUESTS = 1_000_000;
// What Envoy itself and the kernel's page accounting move by, far below one leaked byte per request.
const TOLERANCE_KIB = 512;

let envoy: RunningEnvoy;

beforeAll(async () => {
  await compile({ entry: "examples/add-header/index.ts" });
  const config = (await loadConfig("examples/add-header/envoy.yaml"))
    .replace("port_value: 9901", "port_value: 0")
    .replace("port_value: 10000", "port_value: 0");
  envoy = await startEnvoy({ config });
});

afterAll(() => envoy?.stop());

it(
  "serves a million requests through the example with memory flat after the first tenth",
  { timeout: 300_000 },
  async () => {
    const load = await findLoadGenerator();
    const address = await envoy.listener("main");
    const request = { path: "/", headers: { "x-name": "ada" } };
    let served = 0;
    const serve = async (until: number) => {
      while (served < until) {
        served += (await runLoad(load, { ...address, request, seconds: 2, connections: 8 }, "soak")).requests;
      }
      return readRssKiB(envoy.pid);
    };

    const early = await serve(REQUESTS / 10);
    const late = await serve(REQUESTS);

    expect(late - early).toBeLessThan(TOLERANCE_KIB);
    expect(await envoy.admin.stat("wasmcustom.add_header.requests")).toBeGreaterThanOrEqual(served);
    expect(await envoy.log()).not.toMatch(/wasm.*(failed|tremula:)/);
  },
);
