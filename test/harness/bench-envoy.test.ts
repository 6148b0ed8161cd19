import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http, { type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { variantConfig } from "../../harness/bench/config.js";
import { buildFixture } from "../../harness/bench/fixtures.js";
import { findLoadGenerator } from "../../harness/bench/load.js";
import { prepareModules } from "../../harness/bench/modules.js";
import { reportBench } from "../../harness/report/index.js";
import { runScenario } from "../../harness/bench/runner.js";
import { Subject, type Surroundings } from "../../harness/bench/subject.js";
import { SDK_SCENARIOS } from "../../harness/bench/suite-sdk.js";
import { SCENARIOS } from "../../harness/bench/suites.js";
import { summarize, toBenchResult } from "../../harness/bench/summary.js";
import type { BenchResult, Scenario } from "../../harness/bench/types.js";
import { startEnvoy } from "../../harness/envoy/index.js";
import { Progress } from "../../harness/progress.js";
import { startEcho } from "../../harness/upstream/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tremula-bench-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A scenario of the suites with fewer variants and less to do. */
function shortened(suite: string, name: string, variants: string[]): Scenario {
  const scenario = SCENARIOS.find((one) => one.suite === suite && one.name === name)!;
  return {
    ...scenario,
    soakRequests: 1,
    ...(scenario.liveStreams ? { liveStreams: 50 } : {}),
    variants: scenario.variants.filter((variant) => variants.includes(variant.name)),
  };
}

async function surroundings(): Promise<Surroundings> {
  const progress = new Progress();
  progress.step = () => undefined;
  return { startEnvoy, envoy: {}, load: await findLoadGenerator(), progress };
}

async function run(scenario: Scenario, rounds: number) {
  const options = { rounds, seconds: 1, warmUpSeconds: 1, connections: 2 };
  return runScenario(scenario, options, await surroundings());
}

test("a filter costs CPU, and the figures get into the report", { timeout: 120_000 }, async () => {
  // So much work that other work on the machine does not hide it.
  const scenario = shortened("sdk", "body-64k-rewrite", ["none", "floor"]);
  const samples = await run(scenario, 3);
  const rows = summarize(samples);
  const page = await reportBench(path.join(folder, "report"), [{ scenario, samples, rows }], []);

  const results: BenchResult[] = rows.map(toBenchResult);
  expect(results.map(({ variant, rounds }) => [variant, rounds])).toEqual([
    ["none", 3],
    ["floor", 3],
  ]);
  expect(results[0]?.cpuMicrosPerRequest).toBeGreaterThan(1);
  expect(results[1]?.addedCpuMicros).toBeGreaterThan(0);
  expect(results[1]?.rssKiB).toBeGreaterThan(20_000);
  const added = (results[1]?.addedCpuMicros ?? 0).toFixed(2);
  expect(await readFile(page, "utf8")).toMatch(
    new RegExp(`<th scope="row">floor</th>\\s*<td>\\d+\\.\\d\\d</td>\\s*<td>${added}</td>`),
  );
});

test("streams stay open through Envoy while it is measured", { timeout: 120_000 }, async () => {
  const scenario = shortened("memory", "objects-1000-live", ["none", "minimal"]);
  const samples = await run(scenario, 1);
  expect(samples.variants.map(({ rounds }) => rounds.length)).toEqual([1, 1]);
});

// Only what is said to be the same work may be compared: a variant that answers otherwise does not start.
test.each(SDK_SCENARIOS.filter(({ liveStreams }) => !liveStreams))(
  "every variant of sdk/$name does its work",
  { timeout: 120_000 },
  async (scenario) => {
    const around = await surroundings();
    const modules = await prepareModules(scenario, around.progress);
    const started = await Promise.allSettled(
      scenario.variants.map((one) => Subject.start(scenario, one, modules.get(one.name), around)),
    );
    await Promise.all(started.flatMap((one) => (one.status === "fulfilled" ? [one.value.stop()] : [])));
    expect(started.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []))).toEqual([]);
  },
);

test(
  "messages are sent over TCP, and the reply of each variant is looked at",
  { timeout: 120_000 },
  async () => {
    const samples = await run(shortened("sdk", "tcp-echo", ["none", "floor"]), 1);
    expect(samples.load).toBe("node:net");
    expect(samples.variants.map(({ rounds }) => rounds.length)).toEqual([1, 1]);
  },
);

// Every other figure is compared with theirs, so that they must do all of the work, for each of several open streams.
test.concurrent.each([
  "floor-add-header",
  "peer-add-header",
  "memory-incremental",
  "memory-minimal",
  "memory-arena",
])("%s greets each of many overlapping streams by its own name", { timeout: 120_000 }, async (fixture) => {
  const echo = await startEcho();
  const scenario = SCENARIOS.find(({ liveStreams }) => liveStreams)!;
  const variant = { name: fixture, wasm: { source: { fixture } } };
  const values = { UPSTREAM_PORT: echo.port };
  const envoy = await startEnvoy({
    config: await variantConfig(scenario, variant, await buildFixture(fixture), values),
  });
  try {
    const { port } = await envoy.listener("main");
    const names = Array.from({ length: 300 }, (_, index) => (index % 4 === 3 ? undefined : `n${index}`));
    // Those that come last are answered first.
    const answers = names.map((name, index) => greeting(port, name, 600 - 2 * index));
    expect(await Promise.all(answers)).toEqual(names.map((name) => (name ? `hello, ${name}` : "hello")));
  } finally {
    await envoy.stop();
    await echo.close();
  }
});

async function greeting(
  port: number,
  name: string | undefined,
  delayMs: number,
): Promise<string | undefined> {
  const headers = { "x-echo-delay-ms": delayMs, ...(name === undefined ? {} : { "x-name": name }) };
  const request = http.get({ host: "127.0.0.1", port, path: "/hold", headers, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.headers["x-greeting"] as string | undefined;
}
