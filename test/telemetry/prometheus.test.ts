import net from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { readFile } from "node:fs/promises";
import { send, type ClientRequest } from "../../harness/conformance/client.js";
import { type RunningEnvoy, waitFor } from "../../harness/envoy/index.js";
import { freePorts } from "../../harness/free-ports.js";
import { startGrpc } from "../../harness/upstream/index.js";
import { toolsMissing } from "../debian-tools.js";
import { ROOT } from "../host/support.js";
import { Prometheus, readJson, type Sample } from "./prometheus-server.js";
import { addresses, type Bootstrap, sidecarConfig, startSidecar, withField } from "./sidecars.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 360_000 });

interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[];
  templating: { list: { name: string; type: string; definition?: string }[] };
}

const missing = await toolsMissing("prometheus");
if (missing !== null)
  console.warn(`skipped: no Prometheus to try the dashboard and the alerts on: ${missing}`);

const ALERTS = join(ROOT, "filters/telemetry/prometheus/alerts.yaml");
const DASHBOARD = join(ROOT, "filters/telemetry/grafana/istio-standard-metrics.json");

/** The sidecar of the server, with a gRPC service beside the application, and an application that fails at /fail. */
async function serverConfig(grpcPort: number): Promise<Bootstrap> {
  const config = await sidecarConfig("telemetry-server");
  // The applications get them: its clusters lead to its own listeners.
  const [web, tcp] = await freePorts(2);
  const ports: Record<string, number> = { application: web!, "application-tcp": tcp! };
  for (const listener of config.static_resources.listeners) {
    const port = ports[String(listener["name"])];
    if (port !== undefined) addresses(listener["address"] ? [listener] : [])[0]!["port_value"] = port;
  }
  const { clusters } = config.static_resources;
  for (const address of addresses(clusters)) {
    address["port_value"] = address["port_value"] === 10102 ? web : tcp;
  }
  clusters.push(http2Cluster("grpc", grpcPort));
  for (const host of withField(config.static_resources.listeners, "domains")) {
    const routes = host["routes"] as object[];
    const direct = "direct_response" in routes[0]!;
    if (direct) routes.unshift({ match: { prefix: "/fail" }, direct_response: { status: 503 } });
    else routes.unshift({ match: { prefix: "/tremula." }, route: { cluster: "grpc" } });
  }
  return config;
}

/** A port that only root could listen on, and where nobody does. */
const NOBODY = 1;

/** The sidecar of the client, with two services more: one by gRPC, and one that is down. */
async function clientConfig(server: RunningEnvoy): Promise<Bootstrap> {
  const config = await sidecarConfig("telemetry", server);
  const { port } = await server.listener("inbound");
  config.static_resources.clusters.push(http2Cluster("grpc", port), http2Cluster("down", NOBODY));
  const [virtual] = withField(config.static_resources.listeners, "virtual_hosts");
  const hosts = virtual!["virtual_hosts"] as object[];
  for (const cluster of ["grpc", "down"]) {
    hosts.unshift({
      name: cluster,
      domains: [cluster],
      routes: [{ match: { prefix: "/" }, route: { cluster } }],
    });
  }
  return config;
}

function http2Cluster(name: string, port: number): Record<string, unknown> {
  const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  const endpoint = { address: { socket_address: { address: "127.0.0.1", port_value: port } } };
  return {
    name,
    type: "STATIC",
    typed_extension_protocol_options: {
      [options]: {
        "@type": `type.googleapis.com/${options}`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
}

/** Reports at once, and has room for two series at most when `limited`. */
function hasten(config: Bootstrap, limited = false): Bootstrap {
  config.stats_flush_interval = "0.5s";
  for (const any of withField(config.static_resources.listeners, "@type")) {
    if (typeof any["value"] !== "string" || !any["value"].includes("tcp_reporting_duration")) continue;
    const settings = JSON.parse(any["value"]) as Record<string, unknown>;
    Object.assign(
      settings,
      { tcp_reporting_duration: "0.5s" },
      limited && { max_series: 1, host_header: { max_hosts: 1 } },
    );
    any["value"] = JSON.stringify(settings);
  }
  return config;
}

/** What comes late: connections at the next report, histograms at the next flush. */
const GROWING = [
  'istio_tcp_connections_closed_total{destination_service_name="BlackHoleCluster"}',
  'istio_request_duration_milliseconds_count{reporter="source"}',
  'istio_request_duration_milliseconds_count{reporter="destination"}',
  'istio_requests_total{reporter="destination", response_code="503"}',
  'istio_requests_total{reporter="destination", grpc_response_status="12"}',
  'istio_requests_total{reporter="source", response_flags="UF"}',
  "istio_response_messages_total",
  "telemetry_series_overflow",
];

const stops: (() => Promise<unknown>)[] = [];
let prometheus: Prometheus;

/** One of everything that a dashboard shows. */
async function traffic(client: RunningEnvoy, round: number): Promise<void> {
  const outbound = await client.listener("outbound");
  const get = (authority: string, more: Partial<ClientRequest> = {}) =>
    send(outbound, { protocol: "http1", method: "GET", path: "/", authority, headers: [], ...more });
  const grpc = (method: string) =>
    get("grpc", {
      protocol: "http2",
      method: "POST",
      path: `/tremula.${method}`,
      headers: [
        ["content-type", "application/grpc"],
        ["te", "trailers"],
      ],
      body: "\0\0\0\0\x02hi",
    });
  await Promise.all([
    get("orders.shop"),
    get("orders.shop", { path: "/fail" }),
    get("api.example"),
    get(`blocked-${round}.example`),
    get("down"),
    grpc("Echo/Unary"),
    grpc("Unimplemented/Unary"),
    ...["outbound-tcp", "outbound-passthrough-tcp", "outbound-blocked-tcp"].map((name) =>
      connect(client, name),
    ),
  ]);
}

/** Says something over TCP and goes when there is an answer, or when Envoy closes. */
async function connect(client: RunningEnvoy, listener: string): Promise<void> {
  const socket = net.connect(await client.listener(listener));
  socket.on("error", () => undefined);
  socket.on("connect", () => socket.write("GET / HTTP/1.1\r\nhost: orders\r\n\r\n"));
  socket.once("data", () => socket.end());
  // Not `once`, which takes a reset for a failure.
  await new Promise((resolve) => socket.on("close", resolve));
}

beforeAll(async () => {
  if (missing !== null) return;
  const grpc = await startGrpc();
  stops.push(() => grpc.close());
  const server = await startSidecar(hasten(await serverConfig(grpc.port)));
  stops.push(() => server.stop());
  const client = await startSidecar(hasten(await clientConfig(server)));
  stops.push(() => client.stop());
  // Somebody forgot the rules for labels, and allows for one series.
  const forgetful = hasten(await clientConfig(server), true);
  delete forgetful.stats_config;
  const untagged = await startSidecar(forgetful);
  stops.push(() => untagged.stop());
  const envoys = [server, client, untagged];
  prometheus = await Prometheus.start(
    envoys.map(({ admin }) => admin.url.replace("http://", "")),
    [ALERTS],
  );
  stops.push(() => prometheus.stop());
  let round = 0;
  await waitFor({
    what: "Prometheus to see blocked connections and durations grow",
    timeoutMs: 240_000,
    check: async () => {
      round++;
      await Promise.all([traffic(client, round), traffic(untagged, round)]);
      const grown = await Promise.all(GROWING.map((metric) => prometheus.query(`rate(${metric}[1m]) > 0`)));
      return grown.every((series) => series.length > 0) && round >= 10 ? true : undefined;
    },
  });
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

const dashboard = (await readJson(DASHBOARD)) as Dashboard;
const alerts = parse(await readFile(ALERTS, "utf8")) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};

/** As Grafana asks, with everything chosen. */
function filledIn(expression: string): string {
  return expression
    .replaceAll("$__rate_interval", "1m")
    .replaceAll("$reporter", "source|destination")
    .replace(/\$\w+/g, ".*");
}

const data = async (expression: string): Promise<Sample[]> => {
  const samples = await prometheus.query(expression);
  expect(samples, expression).not.toEqual([]);
  return samples;
};

describe.skipIf(missing !== null)("a real Prometheus", () => {
  it.each(
    dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
  )("has data for the dashboard's $title", async ({ expr }) => {
    await data(filledIn(expr));
  });

  it.each(
    dashboard.templating.list.flatMap(({ name, definition }) => (definition ? [{ name, definition }] : [])),
  )("has values for the dashboard's $name", async ({ definition }) => {
    const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(definition)!;
    const samples = await data(filledIn(selector!));
    expect(samples.every(({ metric }) => metric[label!] !== undefined)).toBe(true);
  });

  it.each(alerts.groups.flatMap(({ rules }) => rules))("has data for the alert $alert", async ({ expr }) => {
    const [, side] = /^([\s\S]*) > [\d.]+$/.exec(expr.trim())!;
    await data(side!);
  });

  it("evaluates all alerts, and some of them wait for their time already", async () => {
    const expected = ["HttpBlackholed", "TcpBlackholed", "ServiceErrors"];
    const rules = await waitFor({
      what: `Prometheus to evaluate ${expected.join(", ")}`,
      timeoutMs: 60_000,
      check: async () => {
        const all = await prometheus.rules();
        const active = all.filter(({ state }) => state !== "inactive").map(({ name }) => name);
        return expected.every((name) => active.includes(name)) ? all : undefined;
      },
    });
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
  });

  it("knows who was blocked, and from what", async () => {
    const [http] = await data(
      'istio_requests_total{destination_service_name="BlackHoleCluster", destination_service="blocked-1.example"}',
    );
    expect(http?.metric).toMatchObject({
      reporter: "source",
      response_code: "502",
      source_workload: "storefront-v1",
      destination_workload: "unknown",
    });
    await data(
      'istio_tcp_connections_closed_total{destination_service_name="BlackHoleCluster", reporter="source"}',
    );
  });

  it("sees the same request from both sides", async () => {
    const labels = 'destination_service="orders.shop.svc.cluster.local", response_code="200"';
    for (const reporter of ["source", "destination"]) {
      const [sample] = await data(`istio_requests_total{${labels}, reporter="${reporter}"}`);
      expect(sample?.metric).toMatchObject({
        source_workload: "storefront-v1",
        destination_workload: "orders-v2",
      });
    }
  });
});
