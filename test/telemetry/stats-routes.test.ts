import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningEnvoy, waitForCounter } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";
import * as mesh from "./stats-support.js";

let echo: EchoServer;
let silent: net.Server;
let envoy: RunningEnvoy;

const TYPE = "type.googleapis.com";
const direct = (name: string, status: number) => ({
  name,
  match: { prefix: "/" },
  direct_response: { status },
});
const to = (cluster: string, name = "default") => ({ name, match: { prefix: "/" }, route: { cluster } });

const RBAC = {
  name: "rbac",
  typed_config: {
    "@type": `${TYPE}/envoy.extensions.filters.http.rbac.v3.RBAC`,
    rules: {
      action: "DENY",
      policies: { all: { permissions: [{ any: true }], principals: [{ any: true }] } },
    },
  },
};

beforeAll(async () => {
  const file = await mesh.moduleFile();
  echo = await startEcho();
  silent = net.createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const silentPort = (silent.address() as net.AddressInfo).port;
  const listener = (
    name: string,
    routes: mesh.Json[],
    configuration: mesh.Json = {},
    before: mesh.Json[] = [],
    direction: "INBOUND" | "OUTBOUND" = "OUTBOUND",
    rootId = "",
  ) =>
    mesh.httpListener({
      name,
      direction,
      routes,
      filters: [...before, mesh.httpFilter(mesh.wasm(file, configuration, rootId))],
    });
  const noHost = { disable_host_header_fallback: "true" };
  const endpoint = {
    metadata: { filter_metadata: { istio: { workload: "ratings-v1;bookinfo;ratings;;server-cluster" } } },
  };
  envoy = await mesh.startSidecar({
    metadata: mesh.SERVER,
    listeners: [
      listener("block_all", [direct("block_all", 502)]),
      listener("block_all without host", [direct("block_all", 502)], noHost),
      listener("block_all with blocked hosts", [direct("block_all", 502)], {
        ...noHost,
        blocked_hosts: true,
      }),
      listener("allow_any", [to("PassthroughCluster", "allow_any")]),
      listener("egress proxy", [to("egress", "allow_any")]),
      listener("allow_any_dynamic_dns", [to("AllowAnyDynamicDNSCluster", "allow_any_dynamic_dns")]),
      listener("PassthroughCluster", [to("PassthroughCluster")]),
      listener("InboundPassthroughCluster", [to("InboundPassthroughCluster")], {}, [], "INBOUND"),
      listener("no route", []),
      listener("host", [to("plain")]),
      listener("no host", [to("plain")], noHost),
      listener("inbound no host", [to("plain")], noHost, [], "INBOUND"),
      listener("short", [to("short")]),
      listener("refused", [to("plain")], {}, [RBAC], "INBOUND"),
      listener("down", [to("down")]),
      listener("silent", [to("silent")]),
      listener("endpoint", [to("endpoint")]),
      listener("endpoint with services", [to("endpoint with services")]),
      listener("waypoint", [to("endpoint")], { reporter: "SERVER_GATEWAY" }),
      listener("inbound by root id", [to("plain")], {}, [], "OUTBOUND", "stats_inbound"),
      listener("rules", [to("plain")], {
        hostHeader: {
          stripPort: true,
          lowerCase: true,
          allow: ["*.example.com", "example.org"],
          maxHosts: 3,
        },
      }),
      listener("few series", [to("plain")], { max_series: 2, tcp_reporting_duration: "0.1s" }),
    ],
    clusters: [
      ...["PassthroughCluster", "AllowAnyDynamicDNSCluster", "InboundPassthroughCluster", "plain"].map(
        (name) => mesh.cluster(name, [echo.port]),
      ),
      mesh.cluster("egress", [echo.port], mesh.services({ host: "egress.svc", name: "egress" })),
      mesh.cluster(
        "short",
        [echo.port],
        mesh.services({ host: "short.ns.svc" }, { host: "second", name: "second" }),
      ),
      mesh.cluster("down", [1]),
      mesh.cluster("silent", [silentPort]),
      mesh.cluster("endpoint", [echo.port], {}, endpoint),
      mesh.cluster(
        "endpoint with services",
        [echo.port],
        mesh.services({ host: "server.other.svc", name: "server", namespace: "other" }),
        endpoint,
      ),
    ],
  });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  await echo?.close();
  silent?.close();
});

/** Sends one request and gives the labels of the series that it made. */
async function labelsOf(listener: string, authority = "some.host:80"): Promise<Record<string, string>> {
  const before = new Set(
    (await mesh.series(envoy, "istio_requests_total")).map((one) => JSON.stringify(one)),
  );
  await mesh.get(envoy, listener, { authority });
  const after = await mesh.series(envoy, "istio_requests_total");
  const changed = after.filter((one) => !before.has(JSON.stringify(one)));
  expect(changed).toHaveLength(1);
  return { ...changed[0]!.labels };
}

describe("the service that a request is for", () => {
  it.each<[string, Record<string, string>]>([
    [
      "block_all",
      {
        destination_service: "some.host:80",
        destination_service_name: "BlackHoleCluster",
        response_code: "502",
        response_flags: "-",
        destination_workload: "unknown",
      },
    ],
    [
      "block_all without host",
      { destination_service: "unknown", destination_service_name: "BlackHoleCluster" },
    ],
    [
      "block_all with blocked hosts",
      { destination_service: "some.host:80", destination_service_name: "BlackHoleCluster" },
    ],
    [
      "allow_any",
      {
        destination_service: "some.host:80",
        destination_service_name: "PassthroughCluster",
        response_code: "200",
      },
    ],
    ["egress proxy", { destination_service: "some.host:80", destination_service_name: "PassthroughCluster" }],
    ["allow_any_dynamic_dns", { destination_service_name: "PassthroughCluster" }],
    ["PassthroughCluster", { destination_service_name: "PassthroughCluster" }],
    [
      "InboundPassthroughCluster",
      { destination_service_name: "InboundPassthroughCluster", reporter: "destination" },
    ],
    [
      "no route",
      {
        destination_service: "some.host:80",
        destination_service_name: "some.host:80",
        response_code: "404",
        response_flags: "NR",
      },
    ],
    ["host", { destination_service: "some.host:80", destination_service_name: "some.host:80" }],
    ["no host", { destination_service: "unknown", destination_service_name: "unknown" }],
    ["inbound no host", { destination_service: "ratings", destination_service_name: "ratings" }],
    ["short", { destination_service: "short.ns.svc", destination_service_name: "short" }],
  ])("%s", async (listener, labels) => {
    expect(await labelsOf(listener)).toMatchObject(labels);
  });
});

describe("who reports, and about whom", () => {
  it("counts what a filter before it has refused", async () => {
    expect(await labelsOf("refused")).toMatchObject({ response_code: "403", reporter: "destination" });
  });

  it("takes the endpoint's metadata where no peer has said who it is", async () => {
    expect(await labelsOf("endpoint")).toMatchObject({
      destination_workload: "ratings-v1",
      destination_workload_namespace: "bookinfo",
      destination_canonical_service: "ratings",
      destination_canonical_revision: "latest",
      destination_cluster: "server-cluster",
      destination_service_namespace: "bookinfo",
      destination_app: "unknown",
    });
  });

  it("takes the namespace of the cluster's service before that of the workload", async () => {
    expect(await labelsOf("endpoint with services")).toMatchObject({
      destination_service_namespace: "other",
      destination_workload_namespace: "bookinfo",
    });
  });

  it("is a waypoint between two others", async () => {
    expect(await labelsOf("waypoint")).toMatchObject({
      reporter: "waypoint",
      source_workload: "unknown",
      destination_workload: "ratings-v1",
      connection_security_policy: "none",
    });
  });

  it("takes the root id's word before the listener's direction", async () => {
    expect(await labelsOf("inbound by root id")).toMatchObject({ reporter: "destination" });
  });
});

describe("requests without a whole answer", () => {
  it("has the flags of an upstream that is not there", async () => {
    expect(await labelsOf("down")).toMatchObject({ response_code: "503", response_flags: "UF" });
  });

  it("has code 0 when the client has gone", async () => {
    const { host, port } = await envoy.listener("silent");
    const request = http.get({ host, port, headers: { host: "gone.example" } });
    request.on("error", () => undefined);
    await new Promise((resolve) => silent.once("connection", resolve));
    request.destroy();
    const { labels } = await mesh.seriesWith(envoy, "istio_requests_total", {
      destination_service: "gone.example",
    });
    expect(labels).toMatchObject({ response_code: "0", response_flags: "DC" });
  });

  it("has the flag of a stream that the client has reset", async () => {
    const { host, port } = await envoy.listener("silent");
    const session = http2.connect(`http://${host}:${port}`);
    const request = session.request({ ":path": "/", ":authority": "reset.example" });
    request.on("error", () => undefined);
    await new Promise((resolve) => silent.once("connection", resolve));
    request.close(http2.constants.NGHTTP2_CANCEL);
    const where = { destination_service: "reset.example" };
    const { labels } = await mesh.seriesWith(envoy, "istio_requests_total", where);
    session.destroy();
    expect(labels).toMatchObject({ response_code: "0", response_flags: "DR" });
  });
});

describe("hosts", () => {
  it.each([
    ["A.Example.COM:8080", "a.example.com"],
    ["a.example.com", "a.example.com"],
    ["example.org.", "example.org"],
    ["example.com", "other"],
    ["evil.example", "other"],
    ["b.example.com", "b.example.com"],
    ["c.example.com", "other"],
  ])("%s is %s", async (authority, host) => {
    expect(await labelsOf("rules", authority)).toMatchObject({
      destination_service: host,
      destination_service_name: host,
    });
  });

  it.each([
    ["x;.;reporter=.=evil", "x_._reporter=.=evil"],
    ["memcache.prod.svc", "memcache.prod.svc"],
  ])("%s stays one value", async (authority, host) => {
    expect(await labelsOf("host", authority)).toMatchObject({
      destination_service: host,
      reporter: "source",
    });
  });
});

it("counts what is too much together", async () => {
  const where = { destination_service: "overflow", reporter: "source" };
  for (const authority of ["1.x", "2.x", "3.x", "4.x", "1.x"])
    await mesh.get(envoy, "few series", { authority });
  const { labels } = await mesh.seriesWith(envoy, "istio_requests_total", where, 2);
  expect(labels).toMatchObject({ source_workload: "overflow", request_protocol: "http" });
  await mesh.seriesWith(envoy, "istio_requests_total", { destination_service: "1.x" }, 2);
  await waitForCounter(
    envoy.admin,
    "wasmcustom.telemetry.series_overflow",
    (count) => count === 2,
    "the next tick",
    20_000,
  );
});
