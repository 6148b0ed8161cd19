import path from "node:path";
import { cpuNanosBetween, readCpu, readRssKiB } from "../bench/cpu.js";
import { needsCheckout } from "../bench/fixtures.js";
import { median } from "../bench/statistics.js";
import { compile } from "../build/compile.js";
import { startEnvoy, type EnvoySpec, type RunningEnvoy } from "../envoy/index.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { existsSync } from "node:fs";
import { ANCHORED_RULES, HISTORICAL_RULES, seriesBootstrap, seriesName, type TagRule } from "./series.js";

/** What one Envoy, with one set of rules, took to have series scraped. */
export interface ScrapeCost {
  /** `none`, `anchored` or `historical`. */
  readonly rules: string;
  /** `counters`, or `http`: of four metrics, three are histograms. */
  readonly metrics: string;
  readonly series: number;
  /** CPU that a series takes when it is first seen, without what Envoy takes to start. */
  readonly microsPerNewSeries: number;
  /** Medians of the scrapes, as a client on the same machine sees them. */
  readonly scrapeMillis: number;
  readonly scrapeCpuMillis: number;
  readonly scrapeBytes: number;
  readonly scrapeLines: number;
  /** Names of metrics in what is scraped: one for each series where nothing makes labels of names. */
  readonly metricNames: number;
  readonly rssKiB: number;
  /** CPU to start an Envoy with 100 clusters, whose 10,000 statistics have nothing to do with the filter. */
  readonly clustersMillis: number;
}

export interface ScrapeCostOptions {
  readonly series: number;
  readonly scrapes: number;
  readonly envoy: Omit<EnvoySpec, "config">;
  readonly step: (what: string) => void;
}

const FIXTURE = "test/fixtures/telemetry-series/index.ts";
const CLUSTERS = 100;

const RULES: Readonly<Record<string, readonly TagRule[]>> = {
  none: [],
  anchored: ANCHORED_RULES,
  historical: HISTORICAL_RULES,
};

/** Lines that make the series of `count` statistics, of which a histogram is one. */
const METRICS: Readonly<Record<string, (count: number) => string[]>> = {
  counters: (count) => [`counter 1 ${count} ${seriesName("istio_requests_total")}`],
  http: (count) => [
    `counter 1 ${count / 4} ${seriesName("istio_requests_total")}`,
    `histogram 7 ${count / 4} ${seriesName("istio_request_duration_milliseconds")}`,
    `histogram 700 ${count / 4} ${seriesName("istio_request_bytes")}`,
    `histogram 7000 ${count / 4} ${seriesName("istio_response_bytes")}`,
  ],
};

/** Measures making and scraping series with each set of rules, one Envoy after the other. */
export async function measureScrapeCost(options: ScrapeCostOptions): Promise<ScrapeCost[]> {
  const entry = path.join(PACKAGE_ROOT, FIXTURE);
  if (!existsSync(entry)) throw needsCheckout(FIXTURE);
  const { outFile } = await compile({
    entry,
    outFile: path.join(PACKAGE_ROOT, "build/telemetry-series.wasm"),
  });
  const start = (config: string): Promise<RunningEnvoy> =>
    startEnvoy({ concurrency: 1, startTimeoutMs: 120_000, ...options.envoy, config });

  const costs: ScrapeCost[] = [];
  for (const [rules, stats_tags] of Object.entries(RULES)) {
    options.step(`${rules}: an Envoy without series`);
    const idle = await startCpuMillis(start, seriesBootstrap(outFile, [], { stats_tags }));
    const clustersMillis = await startCpuMillis(start, clusters({ stats_tags }));
    for (const [metrics, lines] of Object.entries(METRICS)) {
      options.step(`${rules}: ${options.series} series of ${metrics}`);
      const envoy = await start(seriesBootstrap(outFile, lines(options.series), { stats_tags }));
      try {
        const made = (await cpuMillis(envoy)) - idle;
        costs.push({
          rules,
          metrics,
          series: options.series,
          microsPerNewSeries: (made * 1000) / options.series,
          ...(await scrape(envoy, options.scrapes)),
          rssKiB: await readRssKiB(envoy.pid),
          clustersMillis,
        });
      } finally {
        await envoy.stop();
      }
    }
  }
  return costs;
}

async function scrape(
  envoy: RunningEnvoy,
  times: number,
): Promise<
  Pick<ScrapeCost, "scrapeMillis" | "scrapeCpuMillis" | "scrapeBytes" | "scrapeLines" | "metricNames">
> {
  const millis: number[] = [];
  const cpu: number[] = [];
  let text = "";
  // The first one fills caches of both sides.
  for (let round = -1; round < times; round++) {
    const before = await readCpu(envoy.pid);
    const began = performance.now();
    text = await envoy.admin.get("/stats/prometheus");
    if (round < 0) continue;
    millis.push(performance.now() - began);
    cpu.push(cpuNanosBetween(before, await readCpu(envoy.pid)) / 1e6);
  }
  return {
    scrapeMillis: median(millis),
    scrapeCpuMillis: median(cpu),
    scrapeBytes: Buffer.byteLength(text),
    scrapeLines: text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length,
    metricNames: text.split("\n").filter((line) => line.startsWith("# TYPE")).length,
  };
}

async function startCpuMillis(
  start: (config: string) => Promise<RunningEnvoy>,
  config: string,
): Promise<number> {
  const envoy = await start(config);
  try {
    return await cpuMillis(envoy);
  } finally {
    await envoy.stop();
  }
}

async function cpuMillis({ pid }: RunningEnvoy): Promise<number> {
  return Number((await readCpu(pid)).totalNanos) / 1e6;
}

function clusters(stats_config: object): string {
  const list = Array.from({ length: CLUSTERS }, (_, index) => ({
    name: `outbound|80||orders-${index}.shop.svc.cluster.local`,
    type: "STATIC",
  }));
  return JSON.stringify({ stats_config, static_resources: { clusters: list } });
}
