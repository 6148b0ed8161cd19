import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";

const TYPE = "type.googleapis.com";

let folder: string;
let envoy: RunningEnvoy;
let configure: (name: string) => Promise<void>;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/rare/index.ts" });
  folder = await mkdtemp(join(tmpdir(), "tremula-done-"));
  const file = join(folder, "filter.json");
  configure = async (name) => {
    const wasm = {
      "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`,
      config: {
        configuration: { "@type": `${TYPE}/google.protobuf.StringValue`, value: name },
        vm_config: {
          vm_id: "rare",
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: outFile } },
        },
      },
    };
    const resource = {
      "@type": `${TYPE}/envoy.config.core.v3.TypedExtensionConfig`,
      name: "wasm",
      typed_config: wasm,
    };
    // Envoy looks again when another file takes the place of the one that it watches.
    await writeFile(`${file}.new`, JSON.stringify({ resources: [resource] }));
    await rename(`${file}.new`, file);
  };
  await configure("first");
  const filters = [
    {
      name: "wasm",
      config_discovery: {
        config_source: { resource_api_version: "V3", path_config_source: { path: file } },
        type_urls: [`${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`],
      },
    },
    { name: "router", typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` } },
  ];
  const manager = {
    name: "http",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "main",
      http_filters: filters,
      route_config: {
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }],
          },
        ],
      },
    },
  };
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  envoy = await startEnvoy({
    config: JSON.stringify({
      node: { id: "test", cluster: "test" },
      static_resources: { listeners: [{ name: "main", address, filter_chains: [{ filters: [manager] }] }] },
    }),
    componentLogLevel: "wasm:info",
  });
});

afterAll(async () => {
  await envoy?.stop();
  await rm(folder, { recursive: true, force: true });
});

it("lets a plugin whose configuration is replaced go when it says that it is done", async () => {
  await configure("second");
  await envoy.waitForLog(/first: deleted/, "the end of the first plugin");
  const log = await envoy.log();
  const steps = ["first: not yet", "first: done 0", "first: deleted"].map((text) => log.indexOf(text));
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  // Before it has been asked to go there is nothing to be done with.
  expect(log).toContain("second: early 1");
});
