import Table from "cli-table3";
import { InvalidArgumentError, type Command } from "commander";
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { readConfig } from "../envoy/config.js";
import { locateEnvoy } from "../envoy/index.js";
import { Progress } from "../progress.js";
import { findStats } from "../telemetry/find.js";
import { measureMemoryCost, type MemoryCost } from "../telemetry/memory-cost.js";
import { mergeMetrics, metricsOf } from "../telemetry/plugin-config.js";
import { renderStatsConfig } from "../telemetry/render.js";
import { measureScrapeCost, type ScrapeCost } from "../telemetry/scrape-cost.js";
import { telemetryStatsConfig } from "../telemetry/stats-config.js";
import { positiveInteger } from "./positive-integer.js";

interface BootstrapOptions {
  timeBuckets?: number[];
  byteBuckets?: number[];
  lean?: true;
  json?: true;
}

interface ScrapeOptions extends CostOptions {
  series: number;
  scrapes: number;
}

interface CostOptions {
  envoy?: string;
  version?: string;
  json?: string;
}

/** Adds `tremula telemetry` to the program. */
export function register(program: Command): void {
  const telemetry = program
    .command("telemetry")
    .description("what Istio's standard metrics need besides the filter");
  telemetry
    .command("bootstrap")
    .summary("the stats_config that a stats configuration needs")
    .description(
      "Prints the stats_config for Envoy's bootstrap that makes labels of the telemetry filter's metrics: rules for the " +
        "labels, buckets of histograms, and which statistics are kept. Without it Prometheus sees one metric for each " +
        "combination of labels.",
    )
    .argument("<config>", "Istio's stats PluginConfig, or an Envoy config with one, as YAML or JSON")
    .option("--time-buckets <list>", "upper bounds of durations, in milliseconds", bounds)
    .option("--byte-buckets <list>", "upper bounds of sizes, in bytes", bounds)
    .option("--lean", "keep few of Envoy's own statistics, as Istio's proxies do")
    .option("--json", "print JSON, without comments")
    .action((file: string, options: BootstrapOptions) => bootstrap(file, options));
  telemetry
    .command("scrape-cost")
    .summary("what rules for labels cost Envoy, and what a scrape does")
    .description(
      "Makes series on stock Envoy without rules for labels, with those of the command bootstrap, and with those that " +
        "Istio's proxies had, and measures what a new series and a scrape of them all take.",
    )
    .option("--series <n>", "how many statistics", positiveInteger, 10_000)
    .option("--scrapes <n>", "how many scrapes", positiveInteger, 9)
    .option("--envoy <path>", "Envoy binary to measure on")
    .option("--version <version>", "Envoy version to measure on")
    .option("--json <file>", "write the results as JSON")
    .action((options: ScrapeOptions) => scrapeCost(options));
  telemetry
    .command("memory-cost")
    .summary("what series take of Envoy's memory, and what they take at their limit")
    .description(
      "Asks stock Envoy with the filter for thousands of hosts, and measures what its memory grows by.",
    )
    .option("--envoy <path>", "Envoy binary to measure on")
    .option("--version <version>", "Envoy version to measure on")
    .option("--json <file>", "write the results as JSON")
    .action((options: CostOptions) => memoryCost(options));
}

/** `1,5,10` */
function bounds(text: string): number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  const ascending = numbers.every((bound, index) => bound > (numbers[index - 1] ?? 0) && bound < Infinity);
  if (!ascending) throw new InvalidArgumentError("Expected ascending numbers above 0, such as 1,5,10.");
  return numbers;
}

async function bootstrap(file: string, options: BootstrapOptions): Promise<void> {
  const { plugins, statsConfig } = findStats(await readConfig(file), basename(file));
  const metrics = mergeMetrics(plugins.map(({ config, where }) => metricsOf(config, where)));
  const config = telemetryStatsConfig(metrics, { ...options, existing: statsConfig });
  const text = options.json
    ? `${JSON.stringify({ stats_config: config }, undefined, 2)}\n`
    : renderStatsConfig(
        config,
        plugins.map(({ where }) => where),
      );
  process.stdout.write(text);
}

async function scrapeCost({ series, scrapes, ...options }: ScrapeOptions): Promise<void> {
  await measured(options, SCRAPE_COLUMNS, (envoy, step) =>
    measureScrapeCost({ series, scrapes, envoy, step }),
  );
}

async function memoryCost(options: CostOptions): Promise<void> {
  await measured(options, MEMORY_COLUMNS, (envoy, step) => measureMemoryCost({ envoy, step }));
}

type Columns<Row> = readonly (readonly [string, (row: Row) => string | number])[];

/** Finds an Envoy, measures on it, and shows a table. */
async function measured<Row>(
  { envoy, version, json }: CostOptions,
  columns: Columns<Row>,
  measure: (envoy: { path: string }, step: (what: string) => void) => Promise<Row[]>,
): Promise<void> {
  const progress = new Progress();
  const located = await locateEnvoy({ path: envoy, version, progress });
  progress.note(`Envoy ${located.version} at ${located.path}`);
  const rows = await measure({ path: located.path }, (what) => progress.step(what));
  progress.clear();
  const table = new Table({ head: columns.map(([head]) => head), style: { head: [], border: [] } });
  for (const row of rows) table.push(columns.map(([, cell]) => cell(row)));
  process.stdout.write(`${table.toString()}\n`);
  if (json !== undefined) await writeFile(json, JSON.stringify(rows, undefined, 2));
}

const SCRAPE_COLUMNS: Columns<ScrapeCost> = [
  ["rules", ({ rules }) => rules],
  ["metrics", ({ metrics }) => metrics],
  ["series", ({ series }) => series],
  ["CPU µs/new series", (cost) => Math.round(cost.microsPerNewSeries)],
  ["scrape ms", (cost) => Math.round(cost.scrapeMillis)],
  ["CPU ms", (cost) => Math.round(cost.scrapeCpuMillis)],
  ["MB", (cost) => (cost.scrapeBytes / 1e6).toFixed(1)],
  ["lines", (cost) => cost.scrapeLines],
  ["metric names", (cost) => cost.metricNames],
  ["RSS MiB", (cost) => Math.round(cost.rssKiB / 1024)],
  ["100 clusters, CPU ms", (cost) => Math.round(cost.clustersMillis)],
];

const MEMORY_COLUMNS: Columns<MemoryCost> = [
  ["metrics", ({ metrics }) => metrics],
  ["hosts", ({ hosts }) => hosts],
  ["limit", ({ limit }) => limit],
  ["statistics", ({ statistics }) => statistics],
  ["RSS before, MiB", ({ rssBeforeKiB }) => (rssBeforeKiB / 1024).toFixed(1)],
  ["RSS after, MiB", ({ rssAfterKiB }) => (rssAfterKiB / 1024).toFixed(1)],
  [
    "KiB/series",
    (cost) => ((cost.rssAfterKiB - cost.rssBeforeKiB) / Math.min(cost.hosts, cost.limit)).toFixed(1),
  ],
];
