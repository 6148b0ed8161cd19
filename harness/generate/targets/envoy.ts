import { mergeMetrics, metricsOf } from "../../telemetry/plugin-config.js";
import { telemetryStatsConfig } from "../../telemetry/stats-config.js";
import { compact, type JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import type { ServedPort } from "../ports.js";
import { yamlOf } from "../yaml.js";
import { address, keyCluster, upstreamCluster, type Upstream } from "./clusters.js";
import { listener, type ListenerOptions } from "./listener.js";

/** What only a bootstrap of Envoy has to know. */
export interface EnvoyOptions extends ListenerOptions {
  /** Where what is let through goes; null for Envoy itself, which answers with 200. */
  readonly upstream: Upstream | null;
  /** The certificates of authorities by which servers with keys are known. */
  readonly trustedCa: string;
  readonly adminPort: number;
}

/** The port of a workload whose Services are unknown. */
const DEFAULT_PORT: ServedPort = { port: 10_000, protocol: "http", reason: "no Service", isHttp: true };

/** A bootstrap for stock Envoy, as YAML: the workload's ports with the filters in front of it, and nothing else needed. */
export function envoyBootstrap(plan: Plan, options: EnvoyOptions): string {
  const ports = plan.ports.length > 0 ? plan.ports : [DEFAULT_PORT];
  const { upstream, trustedCa } = options;
  const upstreams = upstream === null ? [] : ports.map((port) => upstreamCluster(port, upstream));
  const stats = statsConfig(plan);
  const bootstrap = compact({
    node: node(plan),
    admin: { address: address("127.0.0.1", options.adminPort) },
    stats_config: stats,
    static_resources: {
      listeners: ports.map((port) => listener(plan, port, options)),
      clusters: [...upstreams, ...plan.servers.map((server) => keyCluster(server, trustedCa))],
    },
  });
  return yamlOf(bootstrap);
}

/** Who this proxy is, as Istio's control plane would say it: labels of metrics come from here. */
function node({ options: { workload } }: Plan): JsonObject {
  const { namespace, labels } = workload;
  const name = workload.name ?? "workload";
  return {
    id: `sidecar~127.0.0.1~${name}.${namespace}~${namespace}.svc.cluster.local`,
    cluster: `${name}.${namespace}`,
    metadata: { NAME: name, NAMESPACE: namespace, WORKLOAD_NAME: name, LABELS: { ...labels } },
  };
}

/** Without these rules Prometheus would see one metric for each set of labels. */
function statsConfig({ plugins }: Plan): JsonObject | undefined {
  const stats = plugins.filter(({ filter }) => filter === "telemetry");
  if (stats.length === 0) return undefined;
  const metrics = mergeMetrics(stats.map(({ configuration, name }) => metricsOf(configuration, name)));
  return telemetryStatsConfig(metrics) as unknown as JsonObject;
}
