import type { Case } from "./cases.js";
import { clusters, metadata, socketAddress, type UpstreamPorts } from "./envoy-clusters.js";
import { connectionLogger, connectionManager } from "./envoy-manager.js";
import { httpCluster, INTERNAL_LISTENERS, type NetworkListener, networkListener } from "./envoy-network.js";

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
  /** For a case of connections: the connection manager then is that of an internal listener, behind the cluster `http`. */
  readonly network?: NetworkListener | undefined;
  /** Where the case's own JWKS server listens; its cluster is called as `jwksCluster` says. */
  readonly jwksPort?: number | undefined;
}

type Fragment = Readonly<Record<string, unknown>>;

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
  const kind = one.connections.length > 0 ? "network" : "http";
  return {
    name: `tremula.${one.filter}`,
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.${kind}.wasm.v3.Wasm`,
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
          { prefix: "cluster.http-" },
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
  const networks = listeners.filter(({ network }) => network !== undefined);
  return JSON.stringify({
    node: NODE,
    ...(networks.length > 0 && { bootstrap_extensions: [INTERNAL_LISTENERS] }),
    ...more,
    static_resources: {
      clusters: clusters(listeners, ports),
      listeners: listeners.flatMap((listener) => [
        {
          name: listener.name,
          address: socketAddress(0),
          traffic_direction: "INBOUND",
          metadata: metadata("listener"),
          ...(listener.network === undefined
            ? { filter_chains: [{ name: "chain", filters: [connectionManager(listener)] }] }
            : networkListener(listener.name, listener.network, connectionLogger(listener))),
        },
        ...(listener.network === undefined ? [] : [internalListener(listener)]),
      ]),
    },
  });
}

/** Envoy's node, unless a case has one of its own. */
export const NODE = { metadata: { zone: "node" } };

/** Further fields of a bootstrap for a case that has. */
export function nodeOf(one: Pick<Case, "node"> | undefined): Fragment {
  return one?.node === undefined ? {} : { node: { ...NODE, ...one.node } };
}

/** Where a case of connections has its connection manager. */
function internalListener(listener: CaseListener): object {
  return {
    name: httpCluster(listener.name),
    internal_listener: {},
    filter_chains: [{ name: "http", filters: [connectionManager({ ...listener, accessLog: undefined })] }],
  };
}

function text(configuration: unknown): object {
  const value = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
  return { "@type": `${TYPE}/google.protobuf.StringValue`, value };
}
