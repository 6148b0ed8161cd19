import { fileURLToPath } from "node:url";
import { request } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { loadConfig, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";

// What cases cannot show: that native parts of Envoy take the word of the filter.

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

async function statusOf(path: string, key?: string): Promise<number> {
  const { host, port } = await envoy.listener("main");
  const headers = key === undefined ? {} : { "x-api-key": key };
  const { statusCode, body } = await request(`http://${host}:${port}${path}`, { headers });
  await body.dump();
  return statusCode;
}

it("tells the native rbac filter", async () => {
  expect(await statusOf("/reports", "k-1234")).toBe(200);
  expect(await statusOf("/reports", "k-5678")).toBe(403);
  expect(await statusOf("/reports")).toBe(403);
  expect(await statusOf("/other")).toBe(200);
});

it("tells the access log", async () => {
  await statusOf("/logged", "k-5678");
  // Envoy writes access logs every ten seconds, and when it ends.
  await envoy.stop();
  expect(await envoy.log()).toContain("GET /logged 200 tier=silver");
});
