import { Document, isScalar, Scalar, visit } from "yaml";
import type { TelemetryStatsConfig } from "./stats-config.js";

const TAGS = `\
One rule for each label. The first group goes out of the name of the statistic, the second is the label's value. All begin
with ^wasmcustom\\. so that Envoy does not try them on its own statistics, and end a value at ;.; alone, which the filter
never leaves in one. Envoy reads them at its start: a new label takes a restart.`;

const BUCKETS = `\
Upper bounds of histograms; the first rule that matches holds. These are Envoy's own, as in Istio's proxies. Each is a line
of /stats/prometheus for each series: fewer make for less to scrape (--time-buckets, --byte-buckets).`;

const MATCHER = `Which statistics Envoy keeps at all. Without wasmcustom. here the filter would count for nothing.`;

const NO_MATCHER = `\
No stats_matcher: Envoy keeps all of its own statistics too. --lean writes one that keeps what Istio's proxies keep. One of
your own must include the prefix wasmcustom.`;

/** The fragment as YAML that explains itself. */
export function renderStatsConfig(config: TelemetryStatsConfig, sources: readonly string[]): string {
  const { stats_tags, histogram_bucket_settings, stats_matcher, ...others } = config;
  const parts = [
    comment(`For the top level of Envoy's bootstrap. Made from ${sources.join("; ")}.`),
    "stats_config:\n",
    ...Object.entries(others).map(([name, value]) => indented(section(name, value))),
    indented(comment(TAGS)),
    indented(section("stats_tags", stats_tags)),
    indented(comment(BUCKETS)),
    indented(section("histogram_bucket_settings", histogram_bucket_settings)),
    indented(comment(stats_matcher ? MATCHER : NO_MATCHER)),
    ...(stats_matcher ? [indented(section("stats_matcher", stats_matcher))] : []),
  ];
  return parts.join("");
}

/** Block style, but bounds in a row: there are many, and nobody reads them one by one. */
function section(name: string, value: unknown): string {
  const document = new Document({ [name]: value }, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.length === 0 || list.items.every((item) => isScalar(item));
    },
    // Envoy's parser takes less for a plain string than others do: `(?:` is none to it.
    Scalar: (key, scalar) => {
      const plain = key === "key" || typeof scalar.value !== "string" || /^[\w.]+$/.test(scalar.value);
      if (!plain) scalar.type = Scalar.QUOTE_SINGLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function comment(text: string): string {
  return `${text.replace(/^/gm, "# ")}\n`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
