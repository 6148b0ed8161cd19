import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { waitFor } from "../../harness/envoy/wait.js";
import { STANDARD_LABELS } from "../../harness/telemetry/metrics.js";
import { metricsOf } from "../../harness/telemetry/plugin-config.js";
import { renderStatsConfig } from "../../harness/telemetry/render.js";
import { HISTORICAL_RULES, seriesBootstrap, seriesName } from "../../harness/telemetry/series.js";
import { telemetryStatsConfig } from "../../harness/telemetry/stats-config.js";

type Labels = Record<string, string>;

/** Values that look like something else, and that the filter lets through. */
const HOSTILE = [
  "memcache.prod.svc",
  "x.wasm_filter.y.z",
  "component.a.tag.b",
  "reporter=.=evil",
  "x.response_code=.=500",
  "cluster.a.upstream_rq_404",
  "vhost.v.vcluster.c.upstream_rq",
  "a.rbac.b.allowed",
  "listener.0.0.0.0_80.ssl.cipher.X",
  "worker_0.x",
  'quo"te\\',
  "ä€ {b}",
  "=.=",
  "",
];

const envoys: RunningEnvoy[] = [];
let module: string;

beforeAll(async () => {
  module = (await compile({ entry: "test/fixtures/telemetry-series/index.ts" })).outFile;
});

afterAll(async () => {
  await Promise.all(envoys.map((envoy) => envoy.stop()));
});

async function scrape(lines: readonly string[], statsConfig: object): Promise<string[]> {
  const config = seriesBootstrap(module, lines, statsConfig);
  const envoy = await startEnvoy({ config });
  envoys.push(envoy);
  // Histograms are there when Envoy has merged what its threads recorded, which happens at a flush.
  const histograms = lines.some((line) => line.startsWith("histogram"));
  return waitFor({
    what: "the series to be scraped",
    timeoutMs: 15_000,
    check: async () => {
      const text = (await envoy.admin.prometheus()).split("\n").filter((line) => !line.startsWith("#"));
      return !histograms || text.some((line) => /_count\{.*\} [1-9]/.test(line)) ? text : undefined;
    },
  });
}

/** The labels of the series of a metric, without those that are as in any series. */
function seriesOf(lines: readonly string[], metric: string): Labels[] {
  return lines
    .filter((line) => line.startsWith(`${metric}{`))
    .map((line) =>
      Object.fromEntries(
        [...line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
          name!,
          value!.replace(/\\(.)/g, "$1"),
        ]),
      ),
    );
}

const ours = (config: object = {}) => telemetryStatsConfig(metricsOf(config, "test"));

const hostileSeries = HOSTILE.map(
  (value, index) =>
    `counter 1 1 ${seriesName("istio_requests_total", { destination_service: value, source_app: `app-${index}` })}`,
);

describe("the rules on stock Envoy", () => {
  it("are YAML that Envoy reads as it is written", async () => {
    const made = telemetryStatsConfig(metricsOf({}, "test"), { lean: true });
    const envoy = await startEnvoy({ config: renderStatsConfig(made, ["test"]) });
    envoys.push(envoy);
    const dump = JSON.stringify(await envoy.admin.configDump());
    for (const { regex } of made.stats_tags) expect(dump).toContain(JSON.stringify(regex));
  });

  it("make a label of each part of the name, whatever the values are", async () => {
    const series = seriesOf(await scrape(hostileSeries, ours()), "istio_requests_total");
    expect(series).toHaveLength(HOSTILE.length);
    const byApp = new Map(series.map((labels) => [labels["source_app"], labels]));
    for (const [index, value] of HOSTILE.entries()) {
      const labels = byApp.get(`app-${index}`);
      expect(Object.keys(labels ?? {}).sort()).toEqual([...STANDARD_LABELS].sort());
      expect(labels).toMatchObject({
        destination_service: value,
        reporter: "destination",
        response_code: "200",
        grpc_response_status: "",
      });
    }
  });

  it("do what Istio's did not: those found labels inside of values", async () => {
    const series = seriesOf(
      await scrape(hostileSeries, { stats_tags: HISTORICAL_RULES }),
      "istio_requests_total",
    );
    expect(series.find(({ source_app }) => source_app === "app-0")).toMatchObject({ cache: "prod" });
  });

  it("take the labels of a configuration's own, and of istio_build", async () => {
    const config = { metrics: [{ dimensions: { app: "'x'", "k8s.zone": "'y'" } }] };
    const name = `${seriesName("")}app=.=shop;.;k8s.zone=.=b;.;istio_requests_total`;
    const build = "component=.=proxy;.;tag=.=1.2;.;istio_build";
    const lines = await scrape([`counter 1 1 ${name}`, `gauge 1 1 ${build}`], ours(config));
    const [labels] = seriesOf(lines, "istio_requests_total");
    expect(labels).toMatchObject({ app: "shop", k8s_zone: "b", source_app: "storefront" });
    expect(lines).toContain('istio_build{component="proxy",tag="1.2"} 1');
  });

  it("give each histogram its buckets", async () => {
    const lines = await scrape(
      [
        `histogram 7 1 ${seriesName("istio_request_duration_milliseconds")}`,
        `histogram 70 1 ${seriesName("istio_request_bytes")}`,
      ],
      telemetryStatsConfig(metricsOf({}, "test"), { timeBuckets: [5, 50], byteBuckets: [64, 512, 4096] }),
    );
    const bounds = (metric: string) => seriesOf(lines, `${metric}_bucket`).map(({ le }) => le);
    expect(bounds("istio_request_duration_milliseconds")).toEqual(["5", "50", "+Inf"]);
    expect(bounds("istio_request_bytes")).toEqual(["64", "512", "4096", "+Inf"]);
  });

  it("are of no use to what a matcher leaves out, so that one that is there gets wasmcustom.", async () => {
    const matcher = { inclusion_list: { patterns: [{ prefix: "cluster." }] } };
    const line = `counter 1 1 ${seriesName("istio_requests_total")}`;
    expect(seriesOf(await scrape([line], { stats_matcher: matcher }), "istio_requests_total")).toEqual([]);
    const merged = telemetryStatsConfig(metricsOf({}, "test"), { existing: { stats_matcher: matcher } });
    expect(seriesOf(await scrape([line], merged), "istio_requests_total")).toHaveLength(1);
  });
});
