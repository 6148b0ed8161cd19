import type { Case } from "./cases.js";

const TYPE = "type.googleapis.com";

/** One case as a listener: its name, its case and the HTTP filters in front of the router. */
export interface CaseListener {
  readonly name: string;
  readonly filters: readonly object[];
}

/** The Wasm filter that a case configures. Each case has a VM of its own, so that a trap is that case's alone. */
export function wasmFilter(one: Case, wasmFile: string, vmId: string): object {
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
        },
      },
    },
  };
}

/** A bootstrap with one listener for each case, all in front of one upstream. Envoy reads JSON as it reads YAML. */
export function bootstrap(listeners: readonly CaseListener[], upstreamPort: number): string {
  return JSON.stringify({
    static_resources: {
      listeners: listeners.map(({ name, filters }) => ({
        name,
        address: socketAddress(0),
        filter_chains: [{ filters: [connectionManager(name, filters)] }],
      })),
      clusters: [
        {
          name: "upstream",
          type: "STATIC",
          load_assignment: {
            cluster_name: "upstream",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(upstreamPort) } }] }],
          },
          // As the client spoke, so that trailers and framing arrive as they were sent.
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": `${TYPE}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
              use_downstream_protocol_config: {
                http_protocol_options: { enable_trailers: true },
                http2_protocol_options: {},
              },
            },
          },
        },
      ],
    },
  });
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
            routes: [{ match: { prefix: "/" }, route: { cluster: "upstream" } }],
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
