import { isDeepStrictEqual } from "node:util";
import { statsTags } from "../envoy/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import { METRIC_PREFIX, STANDARD_LABELS, type StandardMetric } from "./metrics.js";

interface TagRule {
  readonly tag_name: string;
  readonly regex?: string;
  readonly fixed_value?: string;
}

type StringMatch =
  { readonly prefix: string } | { readonly suffix: string } | Readonly<Record<string, unknown>>;

interface BucketRule {
  readonly match: StringMatch;
  readonly buckets: readonly number[];
}

interface StatsMatcher {
  readonly reject_all?: boolean;
  readonly inclusion_list?: { readonly patterns: readonly StringMatch[] };
  readonly exclusion_list?: { readonly patterns: readonly StringMatch[] };
}

/** What goes under `stats_config` in Envoy's bootstrap. */
export interface TelemetryStatsConfig extends Readonly<Record<string, unknown>> {
  readonly stats_tags: readonly TagRule[];
  readonly histogram_bucket_settings: readonly BucketRule[];
  readonly stats_matcher?: StatsMatcher;
}

export interface StatsConfigOptions {
  /** Upper bounds of `request_duration_milliseconds`. */
  readonly timeBuckets?: readonly number[] | undefined;
  /** Upper bounds of the sizes. */
  readonly byteBuckets?: readonly number[] | undefined;
  /** Keeps few of Envoy's own statistics, as Istio does. */
  readonly lean?: boolean | undefined;
  /** A `stats_config` that is there already: its rules stay, in front. */
  readonly existing?: Readonly<Record<string, unknown>>;
}

/**
 * Envoy's own buckets, which Istio's proxies have too: `histogram_quantile` over series of both is right only when their
 * buckets are the same.
 */
export const ENVOY_BUCKETS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000,
  1_800_000, 3_600_000,
];

/** Where Envoy puts the statistics of Wasm plugins. */
const WASM_PREFIX = "wasmcustom.";

/** What stays with `lean`: what Istio's proxies keep, and the state of the plugins. */
const LEAN_PREFIXES = [WASM_PREFIX, "wasm.", "cluster_manager.", "listener_manager.", "server."];

/**
 * Rules of `istio_build`, whose two labels no other metric has: they give up at the first octets of any other name, where
 * the rules of `statsTags` would read all of it.
 */
const BUILD_TAGS: readonly TagRule[] = [
  { tag_name: "component", regex: "^wasmcustom\\.(component=\\.=(.*?);\\.;)" },
  { tag_name: "tag", regex: "^wasmcustom\\.component=\\.=.*?;\\.;(tag=\\.=(.*?);\\.;)" },
];

/**
 * What Envoy's `stats_config` must be, so that Prometheus sees the metrics with their labels.
 *
 * @throws HarnessError when the one that is there leaves them out
 */
export function telemetryStatsConfig(
  metrics: readonly StandardMetric[],
  options: StatsConfigOptions = {},
): TelemetryStatsConfig {
  const { existing = {} } = options;
  const matcher = statsMatcher(existing["stats_matcher"] as StatsMatcher | undefined, options.lean ?? false);
  return {
    ...existing,
    stats_tags: withTags(existing["stats_tags"], tagsOf(metrics)),
    histogram_bucket_settings: withBuckets(
      existing["histogram_bucket_settings"],
      bucketsOf(metrics, options),
    ),
    ...(matcher && { stats_matcher: matcher }),
  };
}

/** One rule for each label that a metric has, standard ones first. */
function tagsOf(metrics: readonly StandardMetric[]): TagRule[] {
  const used = new Set(metrics.flatMap(({ labels }) => labels));
  const build = BUILD_TAGS.filter(({ tag_name }) => used.delete(tag_name));
  const standard = STANDARD_LABELS.filter((label) => used.delete(label));
  return [...statsTags([...standard, ...used]).stats_tags, ...build];
}

/** Rules that were there for the same labels go: Istio's historical ones would take a label out twice. */
function withTags(existing: unknown, ours: readonly TagRule[]): TagRule[] {
  const names = new Set(ours.map(({ tag_name }) => tag_name));
  const theirs = listOf<TagRule>(existing).filter(
    ({ tag_name, regex }) => !(names.has(tag_name) && /=\\*\.=|^\((?:component|tag)\\*\./.test(regex ?? "")),
  );
  return [...theirs, ...ours];
}

/** A rule that was there for the same histogram goes: Envoy takes the first that matches. */
function withBuckets(existing: unknown, ours: readonly BucketRule[]): BucketRule[] {
  const theirs = listOf<BucketRule>(existing).filter(
    ({ match }) => !ours.some((rule) => isDeepStrictEqual(rule.match, match)),
  );
  return [...theirs, ...ours];
}

function bucketsOf(metrics: readonly StandardMetric[], options: StatsConfigOptions): BucketRule[] {
  return metrics.flatMap(({ name, kind, unit }) => {
    if (kind !== "histogram" || unit === undefined) return [];
    const given = unit === "bytes" ? options.byteBuckets : options.timeBuckets;
    // Envoy matches the whole name, with its labels in front.
    return [{ match: { suffix: `${METRIC_PREFIX}${name}` }, buckets: given ?? ENVOY_BUCKETS }];
  });
}

function statsMatcher(existing: StatsMatcher | undefined, lean: boolean): StatsMatcher | undefined {
  if (existing?.reject_all === true) throw leftOut("reject_all");
  if (existing?.exclusion_list?.patterns.some(isOfWasm)) throw leftOut("exclusion_list");
  const patterns = existing?.inclusion_list?.patterns;
  if (!patterns)
    return existing ?? (lean ? including(LEAN_PREFIXES.map((prefix) => ({ prefix }))) : undefined);
  return patterns.some(isOfWasm) ? existing : including([...patterns, { prefix: WASM_PREFIX }]);
}

/** Whether a pattern is one of all statistics of Wasm plugins. */
function isOfWasm(pattern: StringMatch): boolean {
  return "prefix" in pattern && WASM_PREFIX.startsWith(String(pattern["prefix"]));
}

function leftOut(field: string): HarnessError {
  return new HarnessError(
    "TELEMETRY_CONFIG",
    `stats_config.stats_matcher.${field} leaves out all that the filter counts (${WASM_PREFIX})`,
    {
      exitCode: ExitCode.usage,
      hint: "An inclusion_list, or an exclusion_list without it, lets it through.",
    },
  );
}

function including(patterns: readonly StringMatch[]): StatsMatcher {
  return { inclusion_list: { patterns } };
}

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}
