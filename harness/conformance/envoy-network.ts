import type { z } from "zod";
import type { NativeListener } from "./connection-schema.js";

const TYPE = "type.googleapis.com";

type Fragment = Readonly<Record<string, unknown>>;

/** A case as a listener for connections. */
export interface NetworkListener {
  /** Network filters in front of `tcp_proxy`. */
  readonly filters: readonly object[];
  /** Fields of `tcp_proxy`. */
  readonly tcp: Fragment;
  /** Instead of all this, what Envoy has for it. */
  readonly native: z.output<typeof NativeListener> | undefined;
  /** Whether connections say in PROXY protocol who they are and where they wanted to go. */
  readonly proxied: boolean;
  /** Filter state by the names of labels. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The cluster of the internal listener in which a case has its HTTP connection manager. */
export function httpCluster(listener: string): string {
  return `http-${listener}`;
}

/** As much as filters may hold: `tcp_proxy` reads nothing before it is connected unless it is told. */
const EARLY_OCTETS = 1024 * 1024;

/** The fields of a listener for connections. */
export function networkListener(name: string, one: NetworkListener, accessLog: object | undefined): Fragment {
  const { filters, native, proxied } = one;
  const listenerFilters = [
    ...(proxied ? [listenerFilter("proxy_protocol", "ProxyProtocol")] : []),
    ...(native?.inspectors ?? []).map((each) =>
      each === "tls"
        ? listenerFilter("tls_inspector", "TlsInspector")
        : listenerFilter("http_inspector", "HttpInspector"),
    ),
  ];
  return {
    ...(listenerFilters.length > 0 && { listener_filters: listenerFilters }),
    ...(accessLog !== undefined && { access_log: [accessLog] }),
    per_connection_buffer_limit_bytes: EARLY_OCTETS,
    ...(native === undefined
      ? {
          filter_chains: [
            {
              name: "chain",
              filters: [
                ...filters,
                tcpProxy(name, { cluster: "tcp", max_early_data_bytes: EARLY_OCTETS, ...one.tcp }),
              ],
            },
          ],
        }
      : nativeChains(name, native)),
  };
}

function nativeChains(name: string, { chains, listener }: z.output<typeof NativeListener>): Fragment {
  const chain = (one: (typeof chains)[number]): object => ({
    name: one.name,
    ...(one.match && { filter_chain_match: one.match }),
    filters: [tcpProxy(name, { cluster: one.cluster })],
  });
  const [others, matched] = [false, true].map((matches) =>
    chains.filter(({ match }) => (match !== undefined) === matches).map(chain),
  ) as [object[], object[]];
  return {
    // Istio's; Envoy's own is 15 seconds.
    listener_filters_timeout: "0s",
    ...listener,
    filter_chains: matched,
    ...(others[0] !== undefined && { default_filter_chain: others[0] }),
  };
}

function listenerFilter(name: string, message: string): object {
  return {
    name: `envoy.filters.listener.${name}`,
    typed_config: { "@type": `${TYPE}/envoy.extensions.filters.listener.${name}.v3.${message}` },
  };
}

function tcpProxy(statPrefix: string, fields: Fragment): object {
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
      stat_prefix: statPrefix,
      ...fields,
    },
  };
}

/** What a connection's record has besides the line. */
export function connectionRecord({ labels }: NetworkListener): Record<string, string> {
  return {
    from: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
    cluster: "%UPSTREAM_CLUSTER%",
    chain: "%FILTER_CHAIN_NAME%",
    ...Object.fromEntries(
      Object.entries(labels).map(([name, key]) => [`label.${name}`, `%FILTER_STATE(${key}:PLAIN)%`]),
    ),
  };
}

/** The cluster that leads to an internal listener. */
export function internalCluster(name: string): object {
  const address = { envoy_internal_address: { server_listener_name: name } };
  return {
    name,
    type: "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
    transport_socket: {
      name: "envoy.transport_sockets.internal_upstream",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport`,
        transport_socket: {
          name: "envoy.transport_sockets.raw_buffer",
          typed_config: { "@type": `${TYPE}/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer` },
        },
      },
    },
  };
}

/** Without it, Envoy has no internal listeners. */
export const INTERNAL_LISTENERS = {
  name: "envoy.bootstrap.internal_listener",
  typed_config: { "@type": `${TYPE}/envoy.extensions.bootstrap.internal_listener.v3.InternalListener` },
};
