import { Telemetry, type Resources } from "../../resources/index.js";
import type { Journal } from "../journal.js";
import type { Plugin } from "../plugin.js";
import type { ServedPort } from "../ports.js";
import { select } from "../select.js";
import { accessLog, hasLostFilter, type AccessLog } from "../access-log.js";
import { applyTelemetry, otherProviders, statsConfig } from "../telemetry.js";
import { layersOf, type PlanOptions } from "./types.js";

/** What Telemetry resources come to. */
export interface TelemetryPlan {
  readonly plugins: readonly Plugin[];
  readonly log: AccessLog | null;
}

/** The filters that count, for each side and layer, and the access log. */
export function planTelemetry(
  resources: Resources,
  ports: readonly ServedPort[],
  options: PlanOptions,
  journal: Journal,
): TelemetryPlan {
  const all = resources.of(Telemetry);
  const { applied, outranked } = applyTelemetry(all, options.workload);
  for (const resource of all) {
    const { scope, why } = select(resource, options.workload, false);
    if (scope === null) journal.passOver(resource, why);
  }
  for (const { resource, why } of outranked) journal.passOver(resource, why);
  for (const resource of applied) {
    const others = otherProviders(resource);
    if (others.length > 0) journal.remark(resource, `left to Istio: the providers ${others.join(", ")}`);
    if (hasLostFilter(resource)) {
      const why = "Istio leaves out the filter of an access log that names no provider, and so it is here";
      journal.remark(resource, why);
    }
    if (resource.spec.tracing) journal.remark(resource, "left to Istio: tracing, which is Envoy's own");
  }

  const sides = options.isGateway ? (["outbound"] as const) : (["inbound", "outbound"] as const);
  const plugins = sides.flatMap((direction) => {
    const mode = direction === "inbound" ? "SERVER" : "CLIENT";
    const configuration = statsConfig(applied, mode, options.isGateway);
    if (configuration === null) return [];
    return layersOf(ports).map((layer): Plugin => {
      const name = `tremula-stats-${direction}${layer === "network" ? "-tcp" : ""}`;
      for (const resource of applied) journal.decide(name, "metrics", resource, mode);
      return {
        name,
        filter: "telemetry",
        rootId: `stats_${direction}`,
        layer,
        phase: "STATS",
        direction,
        failClosed: false,
        configuration,
      };
    });
  });

  const log = accessLog(applied, options.isGateway ? "CLIENT" : "SERVER");
  if (log) journal.decide("access log", "", log.by, log.expression ?? "every request");
  return { plugins, log };
}
