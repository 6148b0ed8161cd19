import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { startPlugin } from "../../harness/host/index.js";
import { type EchoRequest, type EchoServer, startEcho } from "../../harness/upstream/index.js";
import { PRODUCTPAGE, structOf } from "./peer-material.js";
import * as mesh from "./stats-support.js";

// One filter that exchanges metadata and counts: what two filters would say, without the second.

const TYPE = "type.googleapis.com";
const METADATA = structOf(PRODUCTPAGE).toString("base64");
const HEADERS: [string, string][] = [
  ["x-envoy-peer-metadata-id", "client"],
  ["x-envoy-peer-metadata", METADATA],
];
const SOURCE = { source_workload: "productpage-v1", source_app: "productpage", source_version: "v1" };
const DESTINATION = { destination_workload: "ratings-v1", destination_cluster: "server-cluster" };

/** Refuses what is below a path. */
const RBAC: mesh.Json = {
  name: "rbac",
  typed_config: {
    "@type": `${TYPE}/envoy.extensions.filters.http.rbac.v3.RBAC`,
    rules: {
      action: "DENY",
      policies: {
        denied: {
          permissions: [{ url_path: { path: { prefix: "/denied" } } }],
          principals: [{ any: true }],
        },
      },
    },
  },
};

describe("between two sidecars", () => {
  let echo: EchoServer;
  let server: RunningEnvoy;
  let client: RunningEnvoy;

  beforeAll(async () => {
    const file = await mesh.moduleFile("all");
    echo = await startEcho();
    const both = mesh.httpFilter(mesh.wasm(file, { peer_metadata: {} }, "stats"));
    server = await mesh.startSidecar({
      id: "server",
      metadata: mesh.SERVER,
      listeners: [
        mesh.httpListener({ name: "first", direction: "INBOUND", filters: [both, RBAC] }),
        mesh.httpListener({ name: "last", direction: "INBOUND", filters: [RBAC, both] }),
      ],
      clusters: [mesh.cluster("upstream", [echo.port])],
    });
    const { port } = await server.listener("first");
    client = await mesh.startSidecar({
      id: "client",
      metadata: mesh.CLIENT,
      listeners: [mesh.httpListener({ name: "main", direction: "OUTBOUND", filters: [both] })],
      clusters: [mesh.cluster("upstream", [port])],
    });
  }, 120_000);

  afterAll(async () => {
    await client?.stop();
    await server?.stop();
    await echo?.close();
  });

  it("labels both ends' series, and no application sees a header of it", async () => {
    const response = await mesh.get(client, "main");
    const seen = (JSON.parse(response.body.toString()) as EchoRequest).headers;
    expect([...seen, ...response.headers].filter(([name]) => name.startsWith("x-envoy-peer"))).toEqual([]);
    for (const [envoy, reporter] of [
      [server, "destination"],
      [client, "source"],
    ] as const) {
      const where = { reporter, ...SOURCE, ...DESTINATION, response_code: "200" };
      await mesh.seriesWith(envoy, "istio_requests_total", where, 1);
    }
  });

  it.each(["first", "last"])("knows who was refused, %s in the chain", async (listener) => {
    const response = await mesh.get(server, listener, { path: "/denied", headers: HEADERS });
    expect(response.status).toBe(403);
    const before = listener === "first" ? 1 : 2;
    const where = { reporter: "destination", ...SOURCE, ...DESTINATION, response_code: "403" };
    await mesh.seriesWith(server, "istio_requests_total", where, before);
  });
});

describe("in process", () => {
  async function start(configuration: object, options: object = {}, name: "all" | "stats" = "all") {
    const module = await WebAssembly.compile(await readFile(await mesh.moduleFile(name)));
    return startPlugin(module, { rootId: "stats", configuration, ...options });
  }

  test.each([
    ["stats", {}],
    ["", { role: "stats" }],
  ])("other filters hear of the peer through filter state, root id %j", async (rootId, role) => {
    const plugin = await start({ ...role, peer_metadata: { direction: "inbound" } }, { rootId });
    const stream = plugin.http();
    stream.sendHeaders({ headers: Object.fromEntries(HEADERS) }, { endOfStream: true });
    expect(Buffer.from(stream.filterState("wasm.downstream_peer")!).toString("latin1")).toContain(
      "productpage-v1",
    );
  });

  test("who the peer is need not be asked for", async () => {
    const plugin = await start({ peer_metadata: { direction: "inbound" } }, { trace: true });
    const once = () => {
      const stream = plugin.http();
      stream.setProperty(["xds", "listener_direction"], 1);
      stream.setProperty(["connection", "id"], 7);
      stream.sendHeaders({ headers: Object.fromEntries(HEADERS) }, { endOfStream: true });
      stream.respondHeaders({ status: 200 }, { endOfStream: true });
    };
    once();
    plugin.trace.clear();
    once();
    const calls = plugin.trace.toString().match(/ {2}proxy_\w+\(.*/g) ?? [];
    expect(calls.filter((call) => /proxy_get_property.*peer/.test(call))).toEqual([]);
    expect(calls.filter((call) => call.includes("proxy_set_property"))).toHaveLength(1);
  });

  test("a connection has no part in it, and takes none of it from requests", async () => {
    const plugin = await start({ peer_metadata: { direction: "inbound" } });
    const asked = (): string | undefined => {
      const stream = plugin.http();
      stream.sendHeaders({ headers: Object.fromEntries(HEADERS) }, { endOfStream: true });
      return stream.filterState("wasm.downstream_peer") && "known";
    };
    expect(asked()).toBe("known");
    for (let i = 0; i < 2; i++) plugin.tcp().reset();
    expect(plugin.logs().filter((line) => line.includes("connections need a filter"))).toHaveLength(1);
    expect(asked()).toBe("known");
  });

  test("a field of it that is wrong is named by its path", async () => {
    await expect(start({ peer_metadata: { direction: "sideways" } })).rejects.toThrow(
      "$.peer_metadata.direction",
    );
    await expect(start({ peer_metadata: { directoin: "inbound" } })).rejects.toThrow(
      "$.peer_metadata.directoin",
    );
  });

  test("a module of the one role refuses the other", async () => {
    const started = start({ peer_metadata: {} }, {}, "stats");
    await expect(started).rejects.toThrow("$.peer_metadata");
  });
});
