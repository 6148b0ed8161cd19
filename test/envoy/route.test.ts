import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { send } from "../../harness/conformance/client.js";
import { type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";

const TYPE = "type.googleapis.com";

let echo: EchoServer;
let envoy: RunningEnvoy;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/sdk/index.ts" });
  echo = await startEcho();
  const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const filters = [
    {
      name: "metadata",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.http.set_metadata.v3.Config`,
        metadata: [{ metadata_namespace: "test", value: { name: "ada" } }],
      },
    },
    // Asks for the route, which Envoy chooses when it is first asked for, and keeps.
    {
      name: "mutation",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation`,
      },
    },
    {
      name: "wasm",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`,
        config: {
          root_id: "reroutes",
          vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: outFile } } },
        },
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
            routes: [
              {
                match: {
                  prefix: "/",
                  filter_state: [{ key: "envoy.tcp_proxy.cluster", string_match: { exact: "other" } }],
                },
                direct_response: { status: 299 },
              },
              {
                match: { prefix: "/" },
                direct_response: { status: 200 },
                response_headers_to_add: [{ header: { key: "x-name", value: "%REQ(x-name)%" } }],
              },
            ],
          },
        ],
      },
    },
  };
  const endpoint = { endpoint: { address: address(echo.port) } };
  envoy = await startEnvoy({
    config: JSON.stringify({
      static_resources: {
        listeners: [{ name: "main", address: address(0), filter_chains: [{ filters: [manager] }] }],
        clusters: [
          {
            name: "callouts",
            type: "STATIC",
            load_assignment: { cluster_name: "callouts", endpoints: [{ lb_endpoints: [endpoint] }] },
          },
        ],
      },
    }),
  });
});

afterAll(async () => {
  await envoy?.stop();
  await echo?.close();
});

async function get(wish: string) {
  const request = { protocol: "http1", method: "GET", path: "/", authority: "example.com" } as const;
  return send(await envoy.listener("main"), { ...request, headers: [["x-wish", wish]] });
}

it("keeps the route that was chosen before a filter changed what it depends on", async () => {
  expect((await get("kept")).status).toBe(200);
});

it("chooses the route anew when it is asked to", async () => {
  expect((await get("cleared")).status).toBe(299);
});

it("chooses it anew from the answer of a callout, whose callback belongs to the plugin", async () => {
  expect((await get("in-answer")).status).toBe(299);
});

it("reads the dynamic metadata that a filter before it wrote", async () => {
  expect((await get("metadata")).headers).toContainEqual(["x-name", "ada"]);
});
