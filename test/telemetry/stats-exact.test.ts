import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  type RunningEnvoy,
  startEnvoy,
  statsTags,
  waitFor,
  waitForCounter,
} from "../../harness/envoy/index.js";
import { STANDARD_LABELS } from "../../harness/telemetry/metrics.js";
import * as mesh from "./stats-support.js";

/** As many requests as this says, or else as many as go quickly. */
const REQUESTS = process.env["TREMULA_REQUESTS"];
const CODES = [200, 204, 404, 503];
const HOSTS = 10;
const CONNECTIONS = 16;

/** Adds up bodies to the octet, where histograms only know about how much it was. */
const CONFIGURATION = {
  tcp_reporting_duration: "1s",
  definitions: [{ name: "body_bytes", value: "request.size", type: "COUNTER" }],
  metrics: [{ name: "body_bytes", dimensions: { response_code: "response.code" } }],
};

let folder: string;
let envoy: RunningEnvoy | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-exact-"));
});

afterEach(async () => {
  await envoy?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** How Envoy gets the filter's configuration from a file that it watches. */
interface Source {
  readonly what: string;
  /** Requests by default. */
  readonly requests: number;
  /** Of the counter that counts the versions that Envoy has taken. */
  readonly counter: string;
  /** What is in the file. */
  readonly resource: (filter: mesh.Json) => mesh.Json;
  /** What in the bootstrap refers to it. */
  readonly bootstrap: (config_source: mesh.Json) => mesh.Json;
}

const ROUTES = CODES.map((status) => ({ match: { prefix: `/${status}` }, direct_response: { status } }));
const listenerWith = (filter: mesh.Json): mesh.Json =>
  mesh.httpListener({ name: "main", direction: "INBOUND", filters: [filter], routes: ROUTES });

const SOURCES: readonly Source[] = [
  {
    what: "its listener",
    requests: 20_000,
    counter: "listener_manager.lds.update_success",
    resource: (filter) => ({
      "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
      ...listenerWith(filter),
    }),
    bootstrap: (lds_config) => ({ dynamic_resources: { lds_config } }),
  },
  {
    what: "its configuration by extension config discovery",
    requests: 10_000,
    counter: "extension_config_discovery.http_filter.telemetry.config_reload",
    resource: (filter) => ({
      "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
      ...filter,
    }),
    bootstrap: (config_source) => {
      const type_urls = ["type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"];
      const filter = { name: "telemetry", config_discovery: { config_source, type_urls } };
      return { static_resources: { listeners: [listenerWith(filter)] } };
    },
  },
];

/** What every other version has besides. */
const CUSTOM = { name: "custom", value: "1", type: "COUNTER" };

/** Puts the filter into the file that Envoy watches; a version of it differs in what does not matter to the other metrics. */
async function publish(source: Source, file: string, version: number): Promise<void> {
  const { definitions } = CONFIGURATION;
  const config = mesh.wasm(file, {
    ...CONFIGURATION,
    definitions: version % 2 === 0 ? definitions : [...definitions, CUSTOM],
    max_series: 1_000 + version,
  });
  const resources = [source.resource(mesh.httpFilter(config))];
  await writeFile(join(folder, "partial.json"), JSON.stringify({ resources }));
  await rename(join(folder, "partial.json"), join(folder, "resources.json"));
}

const updates = (admin: RunningEnvoy["admin"], { counter }: Source, count: number) =>
  waitForCounter(admin, counter, (seen) => seen >= count, `update ${count}`, 60_000);

it.for(SOURCES)(
  "counts all requests on four workers exactly while $what is replaced",
  { timeout: 300_000 },
  async (source) => {
    const requests = Number(REQUESTS ?? source.requests);
    const file = await mesh.moduleFile();
    await publish(source, file, 0);
    envoy = await startEnvoy({
      concurrency: 4,
      config: JSON.stringify({
        node: { id: "test", cluster: "test", metadata: mesh.SERVER },
        stats_flush_interval: "0.2s",
        stats_config: statsTags([...STANDARD_LABELS, "component", "tag"]),
        ...source.bootstrap({
          resource_api_version: "V3",
          path_config_source: { path: join(folder, "resources.json") },
        }),
      }),
    });
    const { admin } = envoy;
    await updates(admin, source, 1);
    const { host, port } = await envoy.listener("main");
    const pool = new Pool(`http://${host}:${port}`, { connections: CONNECTIONS, pipelining: 1 });
    const sent = new Map<string, number>();
    const bodies = new Map<string, number>();
    let next = 0;
    let over = false;
    const client = async () => {
      for (let i = next++; i < requests; i = next++) {
        const code = CODES[i % CODES.length]!;
        const name = `host-${(i * 7) % HOSTS}.example`;
        const body = "x".repeat(i % 97);
        const response = await pool.request({
          method: "POST",
          path: `/${code}`,
          headers: { host: name },
          body,
        });
        await response.body.dump();
        expect(response.statusCode).toBe(code);
        const key = `${code} ${name}`;
        sent.set(key, (sent.get(key) ?? 0) + 1);
        bodies.set(`${code}`, (bodies.get(`${code}`) ?? 0) + body.length);
      }
    };
    const replacing = (async () => {
      for (let version = 1; !over; version++) {
        await publish(source, file, version);
        await updates(admin, source, version + 1);
      }
    })();
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    over = true;
    await replacing;
    await pool.close();

    const counted = async (metric: string) => {
      const all = await mesh.series(envoy!, metric);
      return new Map(
        all.map(({ labels, value }) => [
          `${labels["response_code"]} ${labels["destination_service"]}`,
          value,
        ]),
      );
    };
    for (const metric of [
      "istio_requests_total",
      "istio_request_bytes_count",
      "istio_response_bytes_count",
      "istio_request_duration_milliseconds_count",
    ]) {
      await waitFor({
        what: `${metric} to be all requests`,
        timeoutMs: 60_000,
        check: async () =>
          [...(await counted(metric)).values()].reduce((a, b) => a + b, 0) >= requests || undefined,
      });
      expect(await counted(metric)).toEqual(sent);
    }
    const sums = (await mesh.series(envoy, "istio_body_bytes")).map(
      ({ labels, value }) => [labels["response_code"]!, value] as const,
    );
    expect(new Map(sums)).toEqual(bodies);
    expect(await envoy.log()).not.toMatch(/Function: proxy_|tremula: .* at /);
  },
);
