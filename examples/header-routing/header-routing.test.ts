import { fileURLToPath } from "node:url";
import { request } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { loadConfig, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";

// What cases cannot show, as they have one route: that Envoy takes another.

const folder = fileURLToPath(new URL(".", import.meta.url));
let envoy: RunningEnvoy;

beforeAll(async () => {
  await compile({ entry: `${folder}index.ts` });
  const config = (await loadConfig(`${folder}envoy.yaml`))
    .replace("port_value: 9901", "port_value: 0")
    .replace("port_value: 10000", "port_value: 0");
  envoy = await startEnvoy({ config });
});

afterAll(() => envoy?.stop());

async function answer(headers: Record<string, string>): Promise<string> {
  const { host, port } = await envoy.listener("main");
  const { body } = await request(`http://${host}:${port}/`, { headers });
  return body.text();
}

it("has Envoy choose the route of the canary", async () => {
  expect(await answer({})).toBe("stable\n");
  expect(await answer({ "x-canary": "yes" })).toBe("canary\n");
  expect(await answer({ "x-canary": "no" })).toBe("stable\n");
});
