import { compact, type JsonObject } from "../json.js";
import type { MtlsMode } from "../peer-authentication.js";
import type { Plan } from "../plan/index.js";
import { needsDirectAddress, type FilterName, type Plugin } from "../plugin.js";
import type { ServedPort } from "../ports.js";
import { ADDRESS_FILTER } from "./addresses.js";
import { address, upstreamName } from "./clusters.js";
import { strictPeers } from "./strict-peers.js";
import { corsConfig } from "./cors.js";
import { mutualTls } from "./tls.js";
import { typed, wasmFilter } from "./wasm.js";

/** What Istio's mesh configuration calls the ways of making paths the same before anybody compares them. */
export const PATH_NORMALIZATIONS = ["NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"] as const;
export type PathNormalization = (typeof PATH_NORMALIZATIONS)[number];

/** What a listener has to know besides what is enforced. */
export interface ListenerOptions {
  readonly upstream: object | null;
  /** The address to listen on. */
  readonly listen: string;
  /** The file of a filter's module. */
  readonly moduleFile: (filter: FilterName) => string;
  readonly pathNormalization: PathNormalization;
  /** A folder with certificates for mutual TLS, or null. */
  readonly tls: string | null;
}

/** One port of the workload as a listener of Envoy. */
export function listener(plan: Plan, served: ServedPort, options: ListenerOptions): JsonObject {
  const { mode } = plan.peer.ports.get(served.port) ?? plan.peer.workload;
  const chains = filterChains(plan, served, mode, networkFilters(plan, served, mode, options), options);
  const inspects = chains.length > 1 || chains.some((chain) => "transport_socket" in chain);
  const inspector = {
    name: "envoy.filters.listener.tls_inspector",
    typed_config: typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
  };
  return compact({
    name: `port-${served.port}`,
    address: address(options.listen, served.port),
    traffic_direction: plan.options.isGateway ? "OUTBOUND" : "INBOUND",
    listener_filters: inspects ? [inspector] : undefined,
    filter_chains: chains,
  });
}

/** What Istio's proxies offer to speak within mutual TLS. */
const MESH_PROTOCOLS = ["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"];

/**
 * Without certificates there is no TLS to be had, and where it is required nobody comes in. Where it is not, other connections
 * than HTTP may be TLS that the workload speaks itself, as databases do: as in Istio, that of the mesh is told from it by what
 * clients offer to speak, and the rest is passed on as it is.
 */
function filterChains(
  { options: { workload } }: Plan,
  { isHttp }: ServedPort,
  mode: MtlsMode,
  filters: readonly JsonObject[],
  { tls }: ListenerOptions,
): JsonObject[] {
  if (tls === null || mode === "DISABLE") return [{ filters }];
  const secured = { filters, transport_socket: mutualTls(tls, workload) };
  if (mode === "STRICT") return [secured];
  const chain = (transport_protocol: string): JsonObject => ({
    filters,
    filter_chain_match: { transport_protocol },
  });
  const tlsMatch = { transport_protocol: "tls", ...(!isHttp && { application_protocols: MESH_PROTOCOLS }) };
  return [
    { ...secured, filter_chain_match: tlsMatch },
    // Envoy looks for names among the chains of a transport, and then no further.
    ...(isHttp ? [] : [chain("tls")]),
    chain("raw_buffer"),
  ];
}

function networkFilters(
  plan: Plan,
  served: ServedPort,
  mode: MtlsMode,
  options: ListenerOptions,
): JsonObject[] {
  const inLine = plan.plugins.filter(({ direction }) => plan.options.isGateway || direction === "inbound");
  const filter = (plugin: Plugin) =>
    wasmFilter(plugin, { local: { filename: options.moduleFile(plugin.filter) } });
  const layer = served.isHttp ? "http" : "network";
  const own = inLine.filter((plugin) => plugin.layer === layer);
  return [
    ...(own.some(needsDirectAddress) ? [ADDRESS_FILTER] : []),
    ...(mode === "STRICT" ? [filter(strictPeers(`tremula-rbac-mtls-${served.port}`, "network"))] : []),
    ...(served.isHttp
      ? [httpManager(plan, served, own.map(filter), options)]
      : [...own.map(filter), tcpProxy(served, options)]),
  ];
}

function httpManager(
  plan: Plan,
  served: ServedPort,
  filters: readonly JsonObject[],
  { upstream, pathNormalization }: ListenerOptions,
): JsonObject {
  const cors = corsConfig(plan);
  const route: JsonObject =
    upstream === null
      ? { direct_response: { status: 200, body: { inline_string: "let through\n" } } }
      : { route: { cluster: upstreamName(served), timeout: "0s" } };
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      compact({
        stat_prefix: `port-${served.port}`,
        // The client's address is that of the connection: nobody chooses it by x-forwarded-for.
        use_remote_address: true,
        ...normalization(pathNormalization),
        access_log: accessLog(plan),
        route_config: {
          virtual_hosts: [
            { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, ...route }], ...cors.host },
          ],
        },
        http_filters: [
          ...cors.filters,
          ...filters,
          {
            name: "envoy.filters.http.router",
            typed_config: typed("envoy.extensions.filters.http.router.v3.Router"),
          },
        ],
      }),
    ),
  };
}

/** As Istio's control plane configures its proxies. */
function normalization(how: PathNormalization): JsonObject {
  if (how === "NONE") return {};
  if (how === "BASE") return { normalize_path: true };
  const merged = { normalize_path: true, merge_slashes: true };
  if (how === "MERGE_SLASHES") return merged;
  return { ...merged, path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD" };
}

function accessLog({ log }: Plan): JsonObject[] | undefined {
  if (log === null) return undefined;
  const filter = {
    extension_filter: {
      name: "envoy.access_loggers.extension_filters.cel",
      typed_config: typed("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter", {
        expression: log.expression ?? "",
      }),
    },
  };
  return [
    {
      name: "envoy.access_loggers.stdout",
      ...(log.expression !== null && { filter }),
      typed_config: typed("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"),
    },
  ];
}

/** What is let through goes to the upstream; without one it is echoed. */
function tcpProxy(served: ServedPort, { upstream }: ListenerOptions): JsonObject {
  if (upstream === null) {
    return {
      name: "envoy.filters.network.echo",
      typed_config: typed("envoy.extensions.filters.network.echo.v3.Echo"),
    };
  }
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: typed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
      stat_prefix: `port-${served.port}`,
      cluster: upstreamName(served),
    }),
  };
}
