import type { TelemetrySpec } from "../resources/index.js";
import { protobufDuration } from "./duration.js";
import { compact, unlessEmpty, type JsonObject } from "./json.js";
import type { Given } from "./resource.js";
import { oldestFirst, select, type Scope, type Workload } from "./select.js";

export type Telemetry = Given<TelemetrySpec>;
export type Metrics = NonNullable<TelemetrySpec["metrics"]>[number];
export type Override = NonNullable<Metrics["overrides"]>[number];

/** From which side of a connection is counted. */
export type ReportMode = "CLIENT" | "SERVER";

/** Istio's provider for Prometheus, whose metrics the `telemetry` filter makes. */
const METRICS_PROVIDER = "prometheus";
/** Istio's provider that writes Envoy's own access log. */
export const LOG_PROVIDER = "envoy";

/** The statistics of Istio's metrics, by the names of the API. */
const METRIC_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    REQUEST_COUNT: "requests_total",
    REQUEST_DURATION: "request_duration_milliseconds",
    REQUEST_SIZE: "request_bytes",
    RESPONSE_SIZE: "response_bytes",
    TCP_OPENED_CONNECTIONS: "tcp_connections_opened_total",
    TCP_CLOSED_CONNECTIONS: "tcp_connections_closed_total",
    TCP_SENT_BYTES: "tcp_sent_bytes_total",
    TCP_RECEIVED_BYTES: "tcp_received_bytes_total",
    GRPC_REQUEST_MESSAGES: "request_messages_total",
    GRPC_RESPONSE_MESSAGES: "response_messages_total",
  }),
);

/** The Telemetry resources of a workload, the widest scope first, as each adds to those before. */
export interface AppliedTelemetry {
  readonly applied: readonly Telemetry[];
  readonly outranked: readonly { readonly resource: Telemetry; readonly why: string }[];
}

/** Which Telemetry resources apply: of the mesh and of the namespace the oldest, and all that select the workload. */
export function applyTelemetry(resources: readonly Telemetry[], workload: Workload): AppliedTelemetry {
  const ofScope: Record<Scope, Telemetry[]> = { mesh: [], namespace: [], workload: [] };
  const outranked: { resource: Telemetry; why: string }[] = [];
  for (const resource of oldestFirst(resources)) {
    const { scope } = select(resource, workload, false);
    if (scope === null) continue;
    const [older] = ofScope[scope];
    if (older === undefined || scope === "workload") ofScope[scope].push(resource);
    else outranked.push({ resource, why: `${older.title} is older, or first by name` });
  }
  return { applied: [...ofScope.mesh, ...ofScope.namespace, ...ofScope.workload], outranked };
}

interface MergedMetric {
  disabled: boolean;
  readonly tags: Map<string, string | null>;
}

/**
 * The stats filter's `PluginConfig` for one side, as Istio's control plane makes it of Telemetry resources; null when there is
 * to be no filter: no resource speaks of metrics, or all of them are off.
 */
export function statsConfig(
  applied: readonly Telemetry[],
  mode: ReportMode,
  isGateway: boolean,
): JsonObject | null {
  const all = applied.flatMap(({ spec }) => spec.metrics ?? []);
  if (all.length === 0 || !providersInForce(all).includes(METRICS_PROVIDER)) return null;

  const merged = new Map<string, MergedMetric>();
  let isOff = false;
  let interval: string | undefined;
  for (const metrics of ofProvider(all)) {
    interval = metrics.reportingInterval ?? interval;
    for (const override of metrics.overrides ?? []) {
      if (!isForMode(override.match?.mode, mode)) continue;
      isOff = isForAll(override) && override.disabled === true;
      if (!isOff) mergeOverride(merged, override);
    }
  }
  if (isOff) return null;

  const entries = [...merged].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return compact({
    // Hosts that clients make up would be labels; a sidecar's own requests have known hosts.
    disable_host_header_fallback: mode === "SERVER" || isGateway,
    tcp_reporting_duration: interval === undefined ? undefined : protobufDuration(interval),
    metrics: unlessEmpty(entries.map(([name, metric]) => metricConfig(name, metric))),
  });
}

/** A list of providers takes the place of those before; without one they stay. */
function providersInForce(all: readonly Metrics[]): readonly string[] {
  const last = all.filter(({ providers }) => (providers?.length ?? 0) > 0).at(-1);
  return last?.providers?.map(({ name }) => name.toLowerCase()) ?? [METRICS_PROVIDER];
}

function ofProvider(all: readonly Metrics[]): Metrics[] {
  let names: readonly string[] = [METRICS_PROVIDER];
  return all.filter(({ providers = [] }) => {
    if (providers.length > 0) names = providers.map(({ name }) => name.toLowerCase());
    return names.includes(METRICS_PROVIDER);
  });
}

/** Whether what is for a side is for this one. */
export function isForMode(wanted: string | undefined, mode: ReportMode): boolean {
  return wanted === undefined || wanted === "CLIENT_AND_SERVER" || wanted === mode;
}

/** Whether it is about all of Istio's metrics, as it is when it names none. */
function isForAll({ match: { customMetric, metric = "ALL_METRICS" } = {} }: Override): boolean {
  return customMetric === undefined && metric === "ALL_METRICS";
}

function mergeOverride(merged: Map<string, MergedMetric>, override: Override): void {
  const { match, disabled, tagOverrides } = override;
  const named = match?.customMetric ?? match?.metric ?? "";
  for (const name of isForAll(override) ? METRIC_NAMES.keys() : [named]) {
    const metric = merged.get(name) ?? { disabled: false, tags: new Map<string, string | null>() };
    if (disabled !== undefined) metric.disabled = disabled;
    for (const [tag, { operation = "UPSERT", value = "" }] of Object.entries(tagOverrides ?? {})) {
      metric.tags.set(tag, operation === "REMOVE" ? null : value);
    }
    merged.set(name, metric);
  }
}

function metricConfig(name: string, { disabled, tags }: MergedMetric): JsonObject {
  const sorted = [...tags].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const dimensions = sorted.flatMap(([tag, value]) => (value === null ? [] : [[tag, value] as const]));
  return compact({
    name: METRIC_NAMES.get(name) ?? name,
    dimensions: dimensions.length > 0 ? Object.fromEntries(dimensions) : undefined,
    tags_to_remove: unlessEmpty(sorted.flatMap(([tag, value]) => (value === null ? [tag] : []))),
    drop: disabled ? true : undefined,
  });
}

/** Providers that the resources name and that nothing is generated for. */
export function otherProviders({ spec }: Telemetry): string[] {
  const names = (lists: readonly { providers?: readonly { name: string }[] | undefined }[] | undefined) =>
    (lists ?? []).flatMap(({ providers }) => providers ?? []).map(({ name }) => name);
  const metrics = names(spec.metrics).filter((name) => name.toLowerCase() !== METRICS_PROVIDER);
  const logs = names(spec.accessLogging).filter((name) => name.toLowerCase() !== LOG_PROVIDER);
  return [...new Set([...metrics, ...logs])];
}
