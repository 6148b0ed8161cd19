import { existsSync } from "node:fs";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { readRssKiB } from "../bench/cpu.js";
import { needsCheckout } from "../bench/fixtures.js";
import { compile } from "../build/compile.js";
import { startEnvoy, type EnvoySpec, type RunningEnvoy } from "../envoy/index.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { metricsOf } from "./plugin-config.js";
import { telemetryStatsConfig } from "./stats-config.js";

/** What series take of an Envoy with one worker. */
export interface MemoryCost {
  /**
   * `requests_total` alone, or `all` four metrics of a request, three of which are histograms; `all, with rules` with those
   * that `tremula telemetry bootstrap` prints, so that Envoy keeps labels apart from names.
   */
  readonly metrics: string;
  /** Hosts that were asked for, one after the other. */
  readonly hosts: number;
  /** `max_series` and `max_hosts` of the configuration. */
  readonly limit: number;
  /** Statistics of the filter in Envoy. */
  readonly statistics: number;
  readonly rssBeforeKiB: number;
  readonly rssAfterKiB: number;
}

export interface MemoryCostOptions {
  readonly envoy: Omit<EnvoySpec, "config">;
  readonly step: (what: string) => void;
}

interface Round {
  readonly metrics: "requests_total" | "all" | "all, with rules";
  readonly hosts: number;
  readonly limit: number;
}

const ENTRY = "filters/telemetry/stats/index.ts";
const TYPE = "type.googleapis.com";
const CONNECTIONS = 8;

const ROUNDS: readonly Round[] = [
  { metrics: "requests_total", hosts: 1_000, limit: 1_000 },
  { metrics: "requests_total", hosts: 10_000, limit: 10_000 },
  { metrics: "requests_total", hosts: 100_000, limit: 100_000 },
  { metrics: "requests_total", hosts: 100_000, limit: 1_000 },
  { metrics: "all", hosts: 1_000, limit: 1_000 },
  { metrics: "all", hosts: 5_000, limit: 5_000 },
  { metrics: "all, with rules", hosts: 5_000, limit: 5_000 },
];

/** Asks for one host after the other, and measures what Envoy's memory grows by. */
export async function measureMemoryCost({ envoy, step }: MemoryCostOptions): Promise<MemoryCost[]> {
  const entry = path.join(PACKAGE_ROOT, ENTRY);
  if (!existsSync(entry)) throw needsCheckout(ENTRY);
  const { outFile } = await compile({ entry, outFile: path.join(PACKAGE_ROOT, "build/stats.wasm") });
  const costs: MemoryCost[] = [];
  for (const round of ROUNDS) {
    step(`${round.hosts} hosts, ${round.limit} series of ${round.metrics}`);
    const running = await startEnvoy({ concurrency: 1, ...envoy, config: bootstrap(outFile, round) });
    try {
      costs.push(await measure(running, round));
    } finally {
      await running.stop();
    }
  }
  return costs;
}

async function measure(envoy: RunningEnvoy, round: Round): Promise<MemoryCost> {
  const address = await envoy.listener("main");
  await ask(address, 1);
  const rssBeforeKiB = await readRssKiB(envoy.pid);
  await ask(address, round.hosts);
  const rssAfterKiB = await readRssKiB(envoy.pid);
  const names = await envoy.admin.get("/stats?filter=istio_");
  const statistics = names.split("\n").filter((line) => line !== "").length;
  return { ...round, statistics, rssBeforeKiB, rssAfterKiB };
}

/** Asks for each host once. */
async function ask(address: { host: string; port: number }, hosts: number): Promise<void> {
  let next = 0;
  const connection = async (): Promise<void> => {
    const socket = net.connect({ ...address, noDelay: true });
    try {
      await once(socket, "connect");
      for (let host = next++; host < hosts; host = next++) {
        socket.write(`GET / HTTP/1.1\r\nhost: host-${host}.shop.example\r\n\r\n`);
        // The answer is small, and comes in one piece.
        const [answer] = (await once(socket, "data")) as [Buffer];
        if (!answer.toString("latin1").startsWith("HTTP/1.1 200"))
          throw new Error(`Envoy answers ${answer.toString("latin1").slice(0, 100)}`);
      }
    } finally {
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
}

function bootstrap(module: string, { metrics, limit }: Round): string {
  const dropped = ["request_duration_milliseconds", "request_bytes", "response_bytes"];
  const configuration = {
    max_series: limit,
    host_header: { max_hosts: limit },
    metrics: metrics === "requests_total" ? dropped.map((name) => ({ name, drop: true })) : [],
  };
  const plugin = {
    "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`,
    config: {
      root_id: "stats_outbound",
      configuration: {
        "@type": `${TYPE}/google.protobuf.StringValue`,
        value: JSON.stringify(configuration),
      },
      vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: module } } },
    },
  };
  const router = { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` };
  const manager = {
    "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "main",
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }],
        },
      ],
    },
    http_filters: [
      { name: "stats", typed_config: plugin },
      { name: "router", typed_config: router },
    ],
  };
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  const filter_chains = [{ filters: [{ name: "http", typed_config: manager }] }];
  const stats_config = telemetryStatsConfig(metricsOf(configuration, "the configuration"), {});
  return JSON.stringify({
    ...(metrics === "all, with rules" && { stats_config }),
    static_resources: { listeners: [{ name: "main", address, filter_chains }] },
  });
}
