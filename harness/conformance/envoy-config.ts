import type { Case } from "./cases.js";

const TYPE = "type.googleapis.com";

/** One case as a listener: its name, its case and the HTTP filters in front of the router. */
export interface CaseListener {
  readonly name: string;
  readonly filters: readonly object[];
}

/** Where the servers behind Envoy listen. */
export interface UpstreamPorts {
  readonly upstream: number;
  /** Cluster `callouts`: what filters ask while they hold a request. */
  readonly callouts: number;
  /** Cluster `grpc`. */
  readonly grpc: number;
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
 * A bootstrap with one listener for each case, all in front of one upstream. Envoy reads JSON as it reads YAML. The names
 * and the metadata are what the cases of attributes read.
 */
export function bootstrap(listeners: readonly CaseListener[], ports: UpstreamPorts): string {
  return JSON.stringify({
    node: { metadata: { zone: "node" } },
    static_resources: {
      listeners: listeners.map(({ name, filters }) => ({
        name,
        address: socketAddress(0),
        traffic_direction: "INBOUND",
        metadata: metadata("listener"),
        filter_chains: [{ name: "chain", filters: [connectionManager(name, filters)] }],
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

function connectionManager(name: string, filters: readonly object[]): object {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: name,
      http_protocol_options: { enable_trailers: true },
      route_config: {
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            metadata: metadata("virtual host"),
            routes: [
              {
                name: "everything",
                match: { prefix: "/" },
                route: { cluster: "upstream" },
                metadata: metadata("route"),
              },
            ],
          },
        ],
      },
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

function socketAddress(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function text(configuration: unknown): object {
  const value = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
  return { "@type": `${TYPE}/google.protobuf.StringValue`, value };
}
