import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";
import * as mesh from "./stats-support.js";

let echo: EchoServer;
let server: RunningEnvoy;
let client: RunningEnvoy;

const SERVICE = { host: "server.default.svc.cluster.local", name: "server", namespace: "default" };

/** What both sides say of a request from the one to the other. */
const BOTH = {
  source_workload: "productpage-v1",
  source_workload_namespace: "default",
  source_principal: "unknown",
  source_app: "productpage",
  source_version: "v1",
  source_canonical_service: "productpage-v1",
  source_canonical_revision: "version-1",
  source_cluster: "client-cluster",
  destination_workload: "ratings-v1",
  destination_workload_namespace: "default",
  destination_principal: "unknown",
  destination_app: "ratings",
  destination_version: "v1",
  destination_service: SERVICE.host,
  destination_service_name: "server",
  destination_service_namespace: "default",
  destination_canonical_service: "ratings",
  destination_canonical_revision: "version-1",
  destination_cluster: "server-cluster",
  request_protocol: "http",
  response_flags: "-",
  response_code: "200",
  grpc_response_status: "",
};

/** One listener for each configuration. */
const CONFIGURATIONS: Record<string, mesh.Json> = {
  default: {},
  customized: {
    metrics: [
      { dimensions: { response_code: "'2xx'", configurable_metric_a: "node.metadata.NAME" } },
      {
        name: "requests_total",
        dimensions: {
          number: "response.code + 1",
          yes: "response.code == 200",
          absent: "request.headers['x-absent']",
          path: "request.url_path",
          destination_app: "cannot _ parse | node",
          destination_workload: "cannot_evaluate",
        },
        tags_to_remove: ["source_version", "no_such_tag"],
      },
      { name: "request_duration_milliseconds", drop: true },
      { name: "istio_custom", dimensions: { reporter: "'proxy'", source_principal: "'malicious'" } },
    ],
    definitions: [
      { name: "custom", type: "COUNTER", value: "1" },
      { name: "sizes", value: "request.total_size", type: "HISTOGRAM" },
    ],
  },
};

beforeAll(async () => {
  const file = await mesh.moduleFile("all");
  echo = await startEcho();
  const chain = (configuration: mesh.Json) => [
    mesh.httpFilter(mesh.wasm(file, {}, "peer-metadata", "peers")),
    mesh.httpFilter(mesh.wasm(file, configuration, "", "peers")),
  ];
  const listeners = (direction: "INBOUND" | "OUTBOUND") =>
    Object.entries(CONFIGURATIONS).map(([name, configuration]) =>
      mesh.httpListener({ name, direction, filters: chain(configuration) }),
    );
  const classes = {
    attributes: [
      {
        output_attribute: "istio_responseClass",
        match: [
          { value: "2xx", condition: "response.code >= 200 && response.code <= 299" },
          { value: "other", condition: "" },
        ],
      },
    ],
  };
  const classified = mesh.httpListener({
    name: "classified",
    direction: "INBOUND",
    filters: [
      mesh.httpFilter(mesh.wasm(file, classes, "attributes", "classes")),
      ...chain({
        metrics: [{ name: "requests_total", dimensions: { response_code: "istio_responseClass" } }],
      }),
    ],
  });
  const operations = {
    attributes: [
      {
        phase: "ON_REQUEST",
        output_attribute: "istio_operationId",
        match: [{ value: "books", condition: "request.url_path == '/books'" }],
      },
    ],
  };
  const redirected = mesh.httpListener({
    name: "redirected",
    direction: "INBOUND",
    filters: [
      mesh.httpFilter(mesh.wasm(file, operations, "attributes", "classes")),
      ...chain({ metrics: [{ name: "requests_total", dimensions: { operation: "istio_operationId" } }] }),
    ],
    routes: [
      {
        match: { prefix: "/" },
        route: { cluster: "upstream", internal_redirect_policy: { max_internal_redirects: 1 } },
      },
    ],
  });
  const labels = ["configurable_metric_a", "number", "yes", "absent", "path", "operation"];
  server = await mesh.startSidecar({
    id: "sidecar~10.0.0.2~ratings.default~default.svc.cluster.local",
    metadata: mesh.SERVER,
    labels,
    listeners: [...listeners("INBOUND"), classified, redirected],
    clusters: [mesh.cluster("upstream", [echo.port], mesh.services(SERVICE))],
  });
  const { port } = await server.listener("default");
  client = await mesh.startSidecar({
    id: "sidecar~10.0.0.1~productpage.default~default.svc.cluster.local",
    metadata: mesh.CLIENT,
    labels,
    listeners: listeners("OUTBOUND"),
    clusters: [mesh.cluster("upstream", [port], mesh.services(SERVICE))],
  });
}, 120_000);

afterAll(async () => {
  await client?.stop();
  await server?.stop();
  await echo?.close();
});

describe("a request from sidecar to sidecar", () => {
  it("has all standard labels on both sides", async () => {
    for (let i = 0; i < 10; i++) expect((await mesh.get(client, "default")).status).toBe(200);
    for (const [envoy, labels] of [
      [server, { ...BOTH, reporter: "destination", connection_security_policy: "none" }],
      [client, { ...BOTH, reporter: "source", connection_security_policy: "unknown" }],
    ] as const) {
      expect((await mesh.seriesWith(envoy, "istio_requests_total", {})).labels).toEqual(labels);
      for (const metric of [
        "istio_requests_total",
        "istio_request_bytes_count",
        "istio_response_bytes_count",
        "istio_request_duration_milliseconds_count",
      ]) {
        await mesh.seriesWith(envoy, metric, {}, 10);
      }
    }
    const { labels } = await mesh.seriesWith(server, "istio_build", {});
    expect(labels).toEqual({ component: "proxy", tag: "1.5-dev" });
  });
});

it("takes dimensions, definitions and removals", async () => {
  await mesh.get(client, "customized", { path: "/some/path?query" });
  const { labels } = await mesh.seriesWith(client, "istio_requests_total", { path: "/some/path" });
  const kept = Object.entries(BOTH).filter(([name]) => !["source_version", "destination_app"].includes(name));
  expect(labels).toEqual({
    ...Object.fromEntries(kept),
    reporter: "source",
    connection_security_policy: "unknown",
    response_code: "2xx",
    configurable_metric_a: "productpage-v1-84975bc778-pxz2w",
    number: "201",
    yes: "true",
    absent: "unknown",
    path: "/some/path",
    destination_workload: "unknown",
  });
  expect((await mesh.seriesWith(client, "istio_custom", {})).labels).toEqual({
    configurable_metric_a: "productpage-v1-84975bc778-pxz2w",
    reporter: "proxy",
    response_code: "2xx",
    source_principal: "malicious",
  });
  await mesh.seriesWith(client, "istio_sizes_count", {}, 1);
  const durations = await mesh.series(client, "istio_request_duration_milliseconds_count");
  expect(durations.filter(({ labels }) => labels["response_code"] === "2xx")).toEqual([]);
});

it("takes the classes that the role attributes has found", async () => {
  const authority = "classes.example";
  for (const status of ["201", "404"]) {
    await mesh.get(server, "classified", { authority, headers: [["x-echo-status", status]] });
  }
  await mesh.seriesWith(server, "istio_requests_total", { response_code: "2xx" }, 1);
  await mesh.seriesWith(server, "istio_requests_total", { response_code: "other" }, 1);
});

it("forgets the operation of a request that Envoy has sent to elsewhere after a redirect", async () => {
  const headers: [string, string][] = [
    ["x-echo-status", "302"],
    ["x-echo-header", "location: http://example.com/elsewhere"],
  ];
  await mesh.get(server, "redirected", { path: "/books", headers });
  const where = { response_code: "302" };
  await mesh.seriesWith(server, "istio_requests_total", { ...where, operation: "books" }, 1);
  await mesh.seriesWith(server, "istio_requests_total", { ...where, operation: "unknown" }, 1);
});
