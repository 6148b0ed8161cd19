import type { Case } from "./cases.js";
import { GROUP_HEADER } from "./requests.js";

const TYPE = "type.googleapis.com";

/** One case as a listener: its name, the HTTP filters in front of the router, and what the case says of the rest. */
export interface CaseListener {
  readonly name: string;
  readonly filters: readonly object[];
  readonly virtualHosts?: readonly Fragment[];
  /** Fields of the connection manager. */
  readonly hcm?: Fragment | undefined;
  /** The format of the lines that go to the access log server; none go there without it. */
  readonly accessLog?: string | undefined;
  /** Where the case's own JWKS server listens; its cluster is called as `jwksCluster` says. */
  readonly jwksPort?: number | undefined;
}

type Fragment = Readonly<Record<string, unknown>>;

/** Where the servers behind Envoy listen. */
export interface UpstreamPorts {
  readonly upstream: number;
  /** Cluster `callouts`: what filters ask while they hold a request. */
  readonly callouts: number;
  /** Cluster `grpc`. */
  readonly grpc: number;
  /** What listeners with an access log write to, see upstream/access-log.ts. */
  readonly accessLog?: number;
}

/** The cluster of the JWKS server that belongs to a listener. */
export function jwksCluster(listener: string): string {
  return `jwks-${listener}`;
}

/**
 * The Wasm filters that a case configures, first to last. Each case has a VM of its own, so that a trap is that case's
 * alone; more plugins share it unless they name another.
 */
export function wasmFilters(one: Case, wasmFile: string, vmId: string): object[] {
  const more = one.plugins.map(({ vm, ...plugin }) =>
    wasmFilter({ ...one, ...plugin }, wasmFile, vm === undefined ? vmId : `${vmId}-${vm}`),
  );
  return [wasmFilter(one, wasmFile, vmId), ...more];
}

type Plugin = Omit<Case, "plugins">;

function wasmFilter(one: Plugin, wasmFile: string, vmId: string): object {
  return {
    name: `tremula.${one.filter}`,
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`,
      config: {
        name: one.filter,
        root_id: one.rootId,
        failure_policy: "FAIL_CLOSED",
        allow_on_headers_stop_iteration: one.allowOnHeadersStopIteration,
        ...(one.configuration !== undefined && { configuration: text(one.configuration) }),
        vm_config: {
          vm_id: vmId,
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: wasmFile } },
          ...(one.vmConfiguration !== undefined && { configuration: text(one.vmConfiguration) }),
          ...(one.environment && { environment_variables: { key_values: one.environment } }),
        },
      },
    },
  };
}

/**
 * Further fields of a bootstrap that leave out what each listener and each connection manager counts of its own: looking
 * for a counter among those of hundreds of listeners takes longer than a case.
 */
export const FEW_STATS: Fragment = {
  stats_config: {
    stats_matcher: {
      exclusion_list: {
        patterns: [
          { prefix: "listener." },
          { prefix: "cluster.jwks-" },
          { safe_regex: { regex: "http\\.[^.]+\\.(downstream|tracing|passthrough|no_|rq_|rs_).*" } },
        ],
      },
    },
  },
};

/**
 * A bootstrap with one listener for each case, all in front of one upstream. Envoy reads JSON as it reads YAML. The names
 * and the metadata are what the cases of attributes read.
 */
export function bootstrap(
  listeners: readonly CaseListener[],
  ports: UpstreamPorts,
  more: Fragment = {},
): string {
  return JSON.stringify({
    ...more,
    node: { metadata: { zone: "node" } },
    static_resources: {
      listeners: listeners.map((listener) => ({
        name: listener.name,
        address: socketAddress(0),
        traffic_direction: "INBOUND",
        metadata: metadata("listener"),
        filter_chains: [{ name: "chain", filters: [connectionManager(listener)] }],
      })),
      clusters: [
        {
          ...cluster("upstream", [ports.upstream]),
          metadata: metadata("cluster"),
          // As the client spoke, so that trailers and framing arrive as they were sent.
          ...httpProtocol({
            use_downstream_protocol_config: {
              http_protocol_options: { enable_trailers: true },
              http2_protocol_options: {},
            },
          }),
        },
        {
          ...cluster("callouts", [ports.callouts]),
          ...httpProtocol({
            explicit_http_config: { http_protocol_options: { enable_trailers: true } },
          }),
        },
        cluster("empty", []),
        {
          ...cluster("grpc", [ports.grpc]),
          ...httpProtocol({ explicit_http_config: { http2_protocol_options: {} } }),
        },
        ...(ports.accessLog === undefined ? [] : [cluster("access-log", [ports.accessLog])]),
        ...listeners.flatMap(({ name, jwksPort }) =>
          jwksPort === undefined ? [] : [cluster(jwksCluster(name), [jwksPort])],
        ),
      ],
    },
  });
}

function cluster(name: string, ports: readonly number[]): object {
  const lb_endpoints = ports.map((port) => ({
    endpoint: { address: socketAddress(port) },
    metadata: metadata("host"),
  }));
  return {
    name,
    type: "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { locality: { region: "region", zone: "zone" }, metadata: metadata("locality"), lb_endpoints },
      ],
    },
  };
}

function httpProtocol(options: object): object {
  const name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return { typed_extension_protocol_options: { [name]: { "@type": `${TYPE}/${name}`, ...options } } };
}

/** What each kind of metadata says under `tremula`: whose it is, and a value of each type. */
function metadata(of: string): object {
  return {
    filter_metadata: { tremula: { of, number: 15, yes: true, map: { key: "value" }, list: ["a", "b"] } },
  };
}

function connectionManager({ name, filters, virtualHosts, hcm, accessLog }: CaseListener): object {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: name,
      http_protocol_options: { enable_trailers: true },
      route_config: {
        virtual_hosts: virtualHosts ?? [
          { ...virtualHost("all", [defaultRoute()]), metadata: metadata("virtual host") },
        ],
      },
      ...(accessLog !== undefined && { access_log: [accessLogger(name, accessLog)] }),
      ...hcm,
      http_filters: [
        ...filters,
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
        },
      ],
    },
  };
}

function virtualHost(name: string, routes: readonly object[]): object {
  return { name, domains: ["*"], routes };
}

function defaultRoute(): object {
  return {
    name: "everything",
    match: { prefix: "/" },
    route: { cluster: "upstream" },
    metadata: metadata("route"),
  };
}

/** A record for each line: Envoy sends these at once, where files are written every ten seconds. */
function accessLogger(listener: string, format: string): object {
  const config = "envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig";
  return {
    name: "envoy.access_loggers.fluentd",
    typed_config: {
      "@type": `${TYPE}/${config}`,
      cluster: "access-log",
      tag: listener,
      stat_prefix: listener,
      buffer_flush_interval: "0.005s",
      record: {
        line: format,
        details: "%RESPONSE_CODE_DETAILS%",
        tag: `%REQ(${GROUP_HEADER})%`,
      },
    },
  };
}

function socketAddress(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function text(configuration: unknown): object {
  const value = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
  return { "@type": `${TYPE}/google.protobuf.StringValue`, value };
}
