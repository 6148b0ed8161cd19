import { join } from "node:path";
import { compile } from "../../harness/build/compile.js";
import { type ClientRequest, type ClientResponse, send } from "../../harness/conformance/client.js";
import { type RunningEnvoy, startEnvoy, statsTags, waitFor } from "../../harness/envoy/index.js";
import { STANDARD_LABELS } from "../../harness/telemetry/metrics.js";
import { ROOT } from "../host/support.js";

const TYPE = "type.googleapis.com";

export type Json = Readonly<Record<string, unknown>>;

/** The module with all roles; `stats` has that one only. */
const modules = { all: "filters/telemetry/index.ts", stats: "filters/telemetry/stats/index.ts" };

export async function moduleFile(name: keyof typeof modules = "stats"): Promise<string> {
  const outFile = join(ROOT, "build", `telemetry-${name}.wasm`);
  return (await compile({ entry: join(ROOT, modules[name]), outFile })).outFile;
}

/** A wasm plugin's configuration. */
export function wasm(file: string, configuration: Json = {}, rootId = "", vmId = ""): Json {
  return {
    root_id: rootId,
    name: `stats-${rootId}`,
    configuration: { "@type": `${TYPE}/google.protobuf.StringValue`, value: JSON.stringify(configuration) },
    vm_config: {
      vm_id: vmId,
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: file } },
    },
  };
}

export function httpFilter(config: Json): Json {
  return {
    name: "telemetry",
    typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`, config },
  };
}

export function networkFilter(config: Json): Json {
  return {
    name: "telemetry",
    typed_config: { "@type": `${TYPE}/envoy.extensions.filters.network.wasm.v3.Wasm`, config },
  };
}

interface HttpListener {
  readonly name: string;
  readonly direction?: "INBOUND" | "OUTBOUND";
  readonly filters: readonly Json[];
  readonly routes?: readonly Json[];
  readonly hcm?: Json;
  readonly transportSocket?: Json | undefined;
}

export function httpListener(listener: HttpListener): Json {
  const router = `${TYPE}/envoy.extensions.filters.http.router.v3.Router`;
  const manager = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const routes = listener.routes ?? [{ match: { prefix: "/" }, route: { cluster: "upstream" } }];
  const filter = {
    name: "http",
    typed_config: {
      "@type": `${TYPE}/${manager}`,
      stat_prefix: listener.name,
      http_protocol_options: { enable_trailers: true },
      route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
      http_filters: [...listener.filters, { name: "router", typed_config: { "@type": router } }],
      ...listener.hcm,
    },
  };
  return listenerOf(listener.name, [filter], listener.direction, listener.transportSocket);
}

export function tcpListener(
  name: string,
  filters: readonly Json[],
  cluster = "upstream",
  direction?: "INBOUND" | "OUTBOUND",
  transportSocket?: Json,
): Json {
  const proxy = {
    name: "tcp",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
      stat_prefix: name,
      cluster,
    },
  };
  return listenerOf(name, [...filters, proxy], direction, transportSocket);
}

function listenerOf(
  name: string,
  filters: readonly Json[],
  direction: string | undefined,
  transportSocket?: Json,
): Json {
  return {
    name,
    address: address(0),
    ...(direction !== undefined && { traffic_direction: direction }),
    filter_chains: [{ filters, ...(transportSocket && { transport_socket: transportSocket }) }],
  };
}

export function address(port: number): Json {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

/** A cluster; `more` goes over it. */
export function cluster(name: string, ports: readonly number[], more: Json = {}, host: Json = {}): Json {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: address(port) }, ...host }));
  return {
    name,
    type: "STATIC",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints }] },
    ...more,
  };
}

/** What Istio's control plane writes on a cluster. */
export function services(...list: readonly Json[]): Json {
  return { metadata: { filter_metadata: { istio: { services: list } } } };
}

export const HTTP2: Json = {
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": `${TYPE}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

interface Sidecar {
  readonly id?: string;
  readonly metadata: Json;
  readonly listeners: readonly Json[];
  readonly clusters: readonly Json[];
  readonly labels?: readonly string[];
  readonly concurrency?: number;
  readonly version?: string | undefined;
}

/** An Envoy with a node as Istio's have it, and the rules that make labels of what is in the names of statistics. */
export function startSidecar(sidecar: Sidecar): Promise<RunningEnvoy> {
  const { labels = [], metadata, listeners, clusters } = sidecar;
  return startEnvoy({
    concurrency: sidecar.concurrency ?? 1,
    version: sidecar.version ?? process.env["TREMULA_ENVOY_VERSION"],
    config: JSON.stringify({
      node: {
        id: sidecar.id ?? "sidecar~127.0.0.1~test.default~default.svc.cluster.local",
        cluster: "test",
        metadata,
      },
      // Histograms are merged when stats are flushed.
      stats_flush_interval: "0.2s",
      stats_config: statsTags([...STANDARD_LABELS, ...labels, "component", "tag"]),
      static_resources: { listeners, clusters },
    }),
  });
}

/** Node metadata as Istio's proxies have it. */
export const CLIENT: Json = {
  NAME: "productpage-v1-84975bc778-pxz2w",
  NAMESPACE: "default",
  OWNER: "kubernetes://apis/apps/v1/namespaces/default/deployments/productpage-v1",
  WORKLOAD_NAME: "productpage-v1",
  CLUSTER_ID: "client-cluster",
  ISTIO_VERSION: "1.5-dev",
  MESH_ID: "mesh",
  LABELS: {
    app: "productpage",
    version: "v1",
    "service.istio.io/canonical-name": "productpage-v1",
    "service.istio.io/canonical-revision": "version-1",
  },
};

export const SERVER: Json = {
  NAME: "ratings-v1-84975bc778-pxz2w",
  NAMESPACE: "default",
  OWNER: "kubernetes://apis/apps/v1/namespaces/default/deployments/ratings-v1",
  WORKLOAD_NAME: "ratings-v1",
  CLUSTER_ID: "server-cluster",
  ISTIO_VERSION: "1.5-dev",
  LABELS: {
    app: "ratings",
    version: "v1",
    "service.istio.io/canonical-name": "ratings",
    "service.istio.io/canonical-revision": "version-1",
  },
};

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_]\w*)\{(.*)\} (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The series of a metric, as Prometheus would read them. */
export async function series(envoy: RunningEnvoy, metric: string): Promise<Series[]> {
  const text = await envoy.admin.prometheus();
  return text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = LINE.exec(line) ?? [];
    if (name !== metric) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, label, text]) => [label!, unescaped(text!)] as const);
    return [{ labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

/** Prometheus' text format escapes what JSON does. */
function unescaped(text: string): string {
  return JSON.parse(`"${text}"`) as string;
}

/** Waits until some series of a metric has these labels, and gives it. */
export function seriesWith(
  envoy: RunningEnvoy,
  metric: string,
  labels: Readonly<Record<string, string>>,
  value?: number,
): Promise<Series> {
  let seen: Series[] = [];
  return waitFor({
    what: `${metric} with ${JSON.stringify(labels)}${value === undefined ? "" : ` at ${value}`}`,
    timeoutMs: 20_000,
    check: async () => {
      seen = await series(envoy, metric);
      return seen.find(
        (one) =>
          Object.entries(labels).every(([name, text]) => one.labels[name] === text) &&
          (value === undefined || one.value === value),
      );
    },
    detail: () => `there are ${JSON.stringify(seen)}`,
  });
}

/** A request with an answer. */
export async function get(
  envoy: RunningEnvoy,
  listener: string,
  request: Partial<ClientRequest> = {},
): Promise<ClientResponse> {
  return send(await envoy.listener(listener), {
    protocol: "http1",
    method: "GET",
    path: "/",
    authority: "example.com",
    headers: [],
    ...request,
  });
}
