import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";
import { BUILD_METRIC, STANDARD_LABELS, STANDARD_METRICS, type StandardMetric } from "./metrics.js";
import { snakeCase } from "./spelling.js";

/** Protobuf's JSON writes a field either way, and one that is absent as null, too. */
function oneSpelling(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] =>
    item === null ? [] : [[snakeCase(key), item]],
  );
  return Object.fromEntries(entries);
}

/** Prometheus' name will do, too. */
const MetricName = z.string().transform((name) => name.replace(/^istio_/, ""));

const Override = z.preprocess(
  oneSpelling,
  z.looseObject({
    name: MetricName.default(""),
    dimensions: z.record(z.string(), z.unknown()).default({}),
    tags_to_remove: z.array(z.string()).default([]),
    drop: z.boolean().default(false),
  }),
);

const Definition = z.preprocess(
  oneSpelling,
  z.looseObject({ name: MetricName, type: z.union([z.string(), z.int()]).default("COUNTER") }),
);

/** What of Istio's stats `PluginConfig` decides on names of statistics; the filter itself reads the rest. */
const PluginConfig = z.preprocess(
  oneSpelling,
  z.looseObject({ metrics: z.array(Override).default([]), definitions: z.array(Definition).default([]) }),
);
type PluginConfig = z.infer<typeof PluginConfig>;

/** A metric with the labels that it has after all overrides. */
export type LabelledMetric = StandardMetric;

/**
 * The metrics of a stats configuration with their labels.
 *
 * @param config Istio's stats `PluginConfig`, in either spelling of its fields
 * @param where names the configuration in errors
 * @throws HarnessError when it is none
 */
export function metricsOf(config: unknown, where: string): LabelledMetric[] {
  const result = PluginConfig.safeParse(config ?? {});
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    const at = path.length === 0 ? "" : ` at ${path.join(".")}`;
    throw new HarnessError("TELEMETRY_CONFIG", `${where} is no stats configuration${at}: ${message}`, {
      exitCode: ExitCode.usage,
    });
  }
  return [...overridden(result.data), BUILD_METRIC];
}

function overridden({ metrics, definitions }: PluginConfig): LabelledMetric[] {
  const all = new Map<string, LabelledMetric>(STANDARD_METRICS.map((metric) => [metric.name, metric]));
  for (const { name, type } of definitions) {
    all.set(name, { name, labels: all.get(name)?.labels ?? [], ...kindOf(type) });
  }
  for (const { name, drop, tags_to_remove, dimensions } of metrics) {
    for (const metric of [...all.values()].filter((one) => name === "" || one.name === name)) {
      if (drop) {
        all.delete(metric.name);
        continue;
      }
      const kept = metric.labels.filter((label) => !tags_to_remove.includes(label));
      const labels = inOrder([...new Set([...kept, ...Object.keys(dimensions).sort()])]);
      all.set(metric.name, { ...metric, labels });
    }
  }
  return [...all.values()];
}

/** Standard labels first, as they stand in names: a label that was removed comes back where it was. */
function inOrder(labels: readonly string[]): string[] {
  const standard = STANDARD_LABELS.filter((label) => labels.includes(label));
  return [...standard, ...labels.filter((label) => !standard.includes(label))];
}

/** Values of the enum `MetricType`. */
const KINDS = ["counter", "gauge", "histogram"] as const;

function kindOf(type: string | number): Pick<LabelledMetric, "kind"> {
  const kind = typeof type === "number" ? KINDS[type] : KINDS.find((one) => one === type.toLowerCase());
  return { kind: kind ?? "counter" };
}

/** The metrics of several configurations: one that more than one of them has gets the labels of all. */
export function mergeMetrics(lists: readonly (readonly LabelledMetric[])[]): LabelledMetric[] {
  const all = new Map<string, LabelledMetric>();
  for (const metric of lists.flat()) {
    const labels = [...(all.get(metric.name)?.labels ?? []), ...metric.labels];
    all.set(metric.name, { ...metric, labels: inOrder([...new Set(labels)]) });
  }
  return [...all.values()];
}
