const TYPE = "type.googleapis.com";

/** What a connection's record in the access log says, as `startAccessLog` gives it. */
const RECORD = {
  protocol: "%FILTER_STATE(wasm.protocol_detection.protocol:PLAIN)%",
  reason: "%FILTER_STATE(wasm.protocol_detection.reason:PLAIN)%",
  serverName: "%FILTER_STATE(wasm.protocol_detection.server_name:PLAIN)%",
};

/** A listener on 127.0.0.1 with a TCP proxy. */
export interface Listener {
  readonly name: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Where connections go that nothing else is said of. */
  readonly cluster: string;
  /** Of the filter in front of the proxy. */
  readonly configuration?: object;
  /** Filters of the listener. */
  readonly inspectors?: readonly object[];
  /** Chains before the one of the proxy, and whatever else a listener has. */
  readonly chains?: readonly object[];
  readonly more?: object;
}

/** What is behind the listeners. */
export interface Surroundings {
  /** The filter's module. */
  readonly module: string;
  /** Ports of 127.0.0.1 by the names of their clusters. */
  readonly clusters: Readonly<Record<string, number>>;
  /** Of the access log's server. */
  readonly logPort?: number;
}

/**
 * The bootstrap of an Envoy. Its cluster `http` is a listener inside it that knows the policy: it refuses what is below
 * `/admin` with 403, and answers everything else with 200.
 */
export function bootstrap(listeners: readonly Listener[], around: Surroundings): string {
  const inner = { envoy_internal_address: { server_listener_name: "http" } };
  return JSON.stringify({
    bootstrap_extensions: [
      {
        name: "envoy.bootstrap.internal_listener",
        typed_config: {
          "@type": `${TYPE}/envoy.extensions.bootstrap.internal_listener.v3.InternalListener`,
        },
      },
    ],
    static_resources: {
      listeners: [
        ...listeners.map((listener) => ({
          name: listener.name,
          address: address(listener.port),
          // Else two listeners can have the same port, and connections go to the one or the other.
          enable_reuse_port: false,
          listener_filters: listener.inspectors ?? [],
          filter_chains: [
            ...(listener.chains ?? []),
            {
              filters: [
                ...(listener.configuration ? [detection(around.module, listener.configuration)] : []),
                proxy(listener, around.logPort),
              ],
            },
          ],
          ...listener.more,
        })),
        { name: "http", internal_listener: {}, filter_chains: [{ filters: [HTTP_POLICY] }] },
      ],
      clusters: [
        cluster("http", inner),
        ...Object.entries(around.clusters).map(([name, port]) => cluster(name, address(port))),
        ...(around.logPort === undefined ? [] : [cluster("access-log", address(around.logPort))]),
      ],
    },
  });
}

function detection(module: string, configuration: object): object {
  return {
    name: "protocol-detection",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.wasm.v3.Wasm`,
      config: {
        name: "protocol-detection",
        failure_policy: "FAIL_CLOSED",
        configuration: {
          "@type": `${TYPE}/google.protobuf.StringValue`,
          value: JSON.stringify(configuration),
        },
        vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: module } } },
      },
    },
  };
}

function proxy({ name, cluster: target }: Listener, logPort: number | undefined): object {
  const logger = {
    name: "envoy.access_loggers.fluentd",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig`,
      cluster: "access-log",
      tag: name,
      stat_prefix: name,
      buffer_flush_interval: "0.005s",
      record: RECORD,
    },
  };
  return {
    name: "proxy",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
      stat_prefix: name,
      cluster: target,
      max_early_data_bytes: 65_536,
      ...(logPort !== undefined && { access_log: [logger] }),
    },
  };
}

/** Refuses `/admin` and answers everything else. */
export const HTTP_POLICY = {
  name: "http",
  typed_config: {
    "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "http",
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            { match: { prefix: "/admin" }, direct_response: { status: 403 } },
            { match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "ok\n" } } },
          ],
        },
      ],
    },
    http_filters: [
      {
        name: "router",
        typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
      },
    ],
  },
};

function cluster(name: string, endpointAddress: object): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: endpointAddress } }] }];
  return { name, type: "STATIC", load_assignment: { cluster_name: name, endpoints } };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
