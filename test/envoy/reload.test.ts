import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { compile } from "../../harness/build/compile.js";
import { send, valuesOf } from "../../harness/conformance/client.js";
import { loadConfig, type RunningEnvoy, startEnvoy, waitForCounter } from "../../harness/envoy/index.js";

const WORKERS = 4;
const CLIENTS = 6;
const UPDATES = 25;

let folder: string;
let envoy: RunningEnvoy | undefined;
let listener: unknown;

beforeEach(async () => {
  await compile({ entry: "examples/add-header/index.ts" });
  folder = await mkdtemp(join(tmpdir(), "tremula-reload-"));
  const config = await loadConfig("examples/add-header/envoy.yaml");
  [listener] = (parse(config) as { static_resources: { listeners: unknown[] } }).static_resources.listeners;
});

afterEach(async () => {
  await envoy?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Puts a listener into the file that Envoy watches, whole: it takes the file when it is moved there. */
async function publish(configuration: string): Promise<void> {
  const resource = JSON.parse(
    JSON.stringify({
      "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
      ...(listener as object),
    })
      .replace('"port_value":10000', '"port_value":0')
      .replace(/"value":"\{[^}]*\}"/, `"value":${JSON.stringify(configuration)}`),
  ) as object;
  const partial = join(folder, "partial.json");
  await writeFile(partial, JSON.stringify({ resources: [resource] }));
  await rename(partial, join(folder, "listeners.json"));
}

function greeting(value: string): string {
  return JSON.stringify({ header: "x-greeting", value });
}

it("serves every request while its configuration is replaced under load on four workers", async () => {
  await publish(greeting("hello 0"));
  envoy = await startEnvoy({
    concurrency: WORKERS,
    config: JSON.stringify({
      node: { id: "test", cluster: "test" },
      dynamic_resources: {
        lds_config: {
          resource_api_version: "V3",
          path_config_source: { path: join(folder, "listeners.json") },
        },
      },
    }),
  });
  const { admin } = envoy;
  await waitForCounter(
    admin,
    "listener_manager.lds.update_success",
    (count) => count >= 1,
    "the first listener",
  );
  const address = await envoy.listener("main");

  let over = false;
  const seen = new Set<string>();
  const request = {
    protocol: "http1",
    method: "GET",
    path: "/",
    authority: "example.com",
    headers: [],
  } as const;
  const client = async () => {
    let requests = 0;
    for (; !over; requests++) {
      const response = await send(address, request);
      expect(response).toMatchObject({ status: 200 });
      const [value = "none"] = valuesOf(response.headers, "x-greeting");
      expect(value).toMatch(/^hello \d+$/);
      seen.add(value);
    }
    return requests;
  };
  const clients = Array.from({ length: CLIENTS }, client);
  try {
    for (let update = 1; update <= UPDATES; update++) {
      await publish(greeting(`hello ${update}`));
      await waitForCounter(
        admin,
        "listener_manager.lds.update_success",
        (count) => count >= update + 1,
        `update ${update}`,
      );
    }
    // One that the plugin refuses leaves the last good one in place.
    await publish('{"header": 1}');
    await waitForCounter(
      admin,
      "listener_manager.lds.update_rejected",
      (count) => count === 1,
      "the refusal",
    );
  } finally {
    over = true;
  }
  const requests = (await Promise.all(clients)).reduce((sum, count) => sum + count, 0);

  expect(requests).toBeGreaterThan(UPDATES);
  expect(seen.size).toBeGreaterThan(3);
  const last = await send(address, request);
  expect(valuesOf(last.headers, "x-greeting")).toEqual([`hello ${UPDATES}`]);
  expect(await admin.stat("wasmcustom.add_header.requests")).toBe(requests + 1);
  expect(await envoy.log()).not.toMatch(/Function: proxy_|tremula: .* at /);
});
