import http from "node:http";
import { type AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { variantConfig } from "../../harness/bench/config.js";
import { checkAnswer } from "../../harness/bench/probe.js";
import { runScenario } from "../../harness/bench/runner.js";
import type { LoadGenerator, LoadResult, LoadSpec } from "../../harness/bench/load.js";
import type { Surroundings } from "../../harness/bench/subject.js";
import type { Message, Scenario } from "../../harness/bench/types.js";
import { selectScenarios } from "../../harness/commands/bench.js";
import type { EnvoyExit, RunningEnvoy } from "../../harness/envoy/index.js";
import { Progress } from "../../harness/progress.js";

/** Stands for every Envoy: it answers the probe that looks whether a variant does its work. */
const server = http.createServer((request, response) => {
  response.setHeader("x-greeting", "hello").end();
});
beforeAll(() => new Promise<void>((done) => void server.listen(0, "127.0.0.1", done)));
afterAll(() => new Promise((done) => server.close(done)));

let configs: string[];
let stopped: number;
let loads: LoadSpec[];
beforeEach(() => {
  configs = [];
  stopped = 0;
  loads = [];
});

const EXIT: EnvoyExit = { code: 0, signal: null, expected: true };

function surroundings(
  result: Partial<LoadResult> = {},
  exited = new Promise<EnvoyExit>(() => undefined),
): Surroundings {
  const progress = new Progress();
  progress.step = () => undefined;
  const load: LoadGenerator = {
    name: "fake",
    run: (spec) => {
      loads.push(spec);
      const latency = { p50Micros: 1, p99Micros: 2, p999Micros: 3, maxMicros: 4 };
      return Promise.resolve({ requests: 1000, errors: 0, errorText: "", seconds: 1, latency, ...result });
    },
  };
  return {
    load,
    envoy: { path: "/envoy" },
    progress,
    startEnvoy: ({ config }) => {
      configs.push(config);
      return Promise.resolve({
        version: "1.40.0",
        pid: process.pid,
        listener: () => Promise.resolve({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }),
        log: () => Promise.resolve("line 1\nassert failure\n"),
        exited,
        stop: () => Promise.resolve(++stopped).then(() => EXIT),
      } as unknown as RunningEnvoy);
    },
  };
}

const scenario: Scenario = {
  suite: "s",
  name: "x",
  about: "nothing",
  request: { path: "/", expectHeaders: { "x-greeting": "hello" } },
  variants: [{ name: "none" }, { name: "a", filters: [{ name: "filter-a" }] }, { name: "b" }],
};
const options = { rounds: 3, seconds: 1, warmUpSeconds: 5, connections: 2 };

test("each variant is measured once per round, after a warm-up of all", async () => {
  const around = surroundings();
  const steps: string[] = [];
  around.progress.step = (text) => void steps.push(text.replace("s/x ", ""));
  const samples = await runScenario(scenario, options, around);
  const order = steps.flatMap((text) => /^(\w+): (warm-up|round \d)/.exec(text)?.slice(1, 3).join(" ") ?? []);
  expect(order).toEqual([
    ...["none warm-up", "a warm-up", "b warm-up"],
    ...["none round 1", "a round 1", "b round 1"],
    ...["a round 2", "b round 2", "none round 2"],
    ...["b round 3", "none round 3", "a round 3"],
  ]);
  expect(loads.map(({ seconds }) => seconds)).toEqual([5, 5, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(samples.variants.map(({ variant, rounds, requests }) => [variant, rounds.length, requests])).toEqual(
    [
      ["none", 3, 4000],
      ["a", 3, 4000],
      ["b", 3, 4000],
    ],
  );
  expect(stopped).toBe(3);
});

test("a variant's filters come before the router, and none has only the router", async () => {
  await runScenario(scenario, options, surroundings());
  const names = configs.map((config) => {
    const text = JSON.stringify(parse(config));
    return ["filter-a", "http.router"].map((name) => text.indexOf(name));
  });
  expect(names[0]?.[0]).toBe(-1);
  expect(names[1]?.[0]).toBeGreaterThan(0);
  expect(names[1]?.[1]).toBeGreaterThan(names[1]?.[0] ?? Infinity);
});

test("load goes on until the variant has served what the scenario asks for", async () => {
  const samples = await runScenario({ ...scenario, soakRequests: 6500 }, options, surroundings());
  expect(samples.variants[0]?.requests).toBe(7000);
  expect(samples.variants[0]?.rounds).toHaveLength(3);
});

test("a single failed request fails the run, and every Envoy is stopped", async () => {
  const run = runScenario(scenario, options, surroundings({ errors: 1, errorText: "1 x timeout" }));
  await expect(run).rejects.toThrow("s/x none: 1 of 1000 requests failed: 1 x timeout");
  expect(stopped).toBe(3);
});

test("an Envoy that ended is named as the reason", async () => {
  const gone = Promise.resolve<EnvoyExit>({ code: null, signal: "SIGSEGV", expected: false });
  const run = runScenario(scenario, options, surroundings({ errors: 8 }, gone));
  await expect(run).rejects.toThrow("s/x none: Envoy ended under load (SIGSEGV):\nline 1\nassert failure");
});

test("a variant that does not do the work is not measured", async () => {
  const request = { path: "/", expectHeaders: { "x-greeting": "hello, ada" } };
  const run = runScenario({ ...scenario, request }, options, surroundings());
  await expect(run).rejects.toThrow('s/x a answered "hello" instead of x-greeting: hello, ada');
  expect(loads).toEqual([]);
  expect(stopped).toBe(2);
});

describe("what is expected of an answer", () => {
  const address = () => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  const stats: Record<string, number> = { "wasmcustom.a": 2 };
  const envoy = {
    admin: { stat: (name: string) => Promise.resolve(stats[name]) },
  } as unknown as Pick<RunningEnvoy, "admin">;
  const check = (more: Partial<Scenario>, variant = "a") =>
    checkAnswer({ ...scenario, ...more }, { name: variant }, address(), envoy);

  test("can be its whole body", async () => {
    await expect(check({ request: { path: "/", expectBody: "" } })).resolves.toBeUndefined();
    await expect(check({ request: { path: "/", expectBody: "ok" } })).rejects.toThrow(
      "s/x a answered another",
    );
    await expect(check({ request: { path: "/", expectBody: "ok" } }, "none")).resolves.toBeUndefined();
  });

  test("is looked for after the last of several requests", async () => {
    let requests = 0;
    const count = (): void => void requests++;
    server.on("request", count);
    await check({ request: { path: "/", probes: 3, expectHeaders: { "x-greeting": "hello" } } });
    server.off("request", count);
    expect(requests).toBe(3);
  });

  test("can be a statistic", async () => {
    await expect(check({ expectStats: { "wasmcustom.a": 2 } })).resolves.toBeUndefined();
    await expect(check({ expectStats: { "wasmcustom.a": 3 } })).rejects.toThrow(
      "counted wasmcustom.a 2 instead",
    );
    await expect(check({ expectStats: { "wasmcustom.b": 1 } })).rejects.toThrow("not at all instead of 1");
    await expect(check({ expectStats: { "wasmcustom.b": 1 } }, "none")).resolves.toBeUndefined();
  });

  test("is a reply over TCP", async () => {
    const request = { send: "GET / HTTP/1.0\r\n\r\n", expect: "HTTP/1.1 200 OK" };
    await expect(check({ request: { ...request, expect: "HTTP/1.1 404" } })).rejects.toThrow(
      'replied "HTTP/1.1 200',
    );
  });
});

test("a reply may be the same without a filter, and longer than what is known of it", async () => {
  const address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const envoy = { admin: { stat: () => Promise.resolve(1) } } as unknown as Pick<RunningEnvoy, "admin">;
  const check = (more: Partial<Message>) => {
    const request = { send: "GET / HTTP/1.0\r\n\r\n", expect: "HTTP/1.1 200 OK\r\n", ...more };
    return checkAnswer({ ...scenario, request }, { name: "none" }, address, envoy);
  };
  const head = "x-greeting: hello\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\nconnection: close\r\n\r\n";
  const length = "HTTP/1.1 200 OK\r\n".length + head.length;
  await expect(check({ same: true, length })).resolves.toBeUndefined();
  await expect(check({ same: true, length: length - 1 })).rejects.toThrow("replied");
  await expect(check({ same: true })).rejects.toThrow("replied");
  await expect(check({ length })).rejects.toThrow("replied");
});

test("a statistic can be one variant's own", async () => {
  const address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const envoy = { admin: { stat: () => Promise.resolve(1) } } as unknown as Pick<RunningEnvoy, "admin">;
  const check = (count: number) =>
    checkAnswer(scenario, { name: "a", expectStats: { found: count } }, address, envoy);
  await expect(check(1)).resolves.toBeUndefined();
  await expect(check(2)).rejects.toThrow("counted found 1 instead of 2");
});

test("a variant can know its port before, and tell its module", async () => {
  const own = {
    ...scenario,
    template: "bench/protocol-greeting.yaml",
    ownPort: true,
    request: { send: "", expect: "hi" },
  };
  const configure = (port: number) => ({ declared: port });
  const wasm = { source: { file: "a.wasm" }, configure };
  const config = await variantConfig(own, { name: "a", wasm }, "/a.wasm", { PORT: 4321 }, 4321);
  expect(config).toContain("port_value: 4321");
  expect(config).toContain("'{\"declared\":4321}'");
});

test("a filter of messages stands before the proxy of the listener main alone", async () => {
  const tcp = { ...scenario, template: "bench/tcp.yaml", request: { send: "a", expect: "ab" } };
  const wasm = { source: { file: "a.wasm" } };
  const config = parse(await variantConfig(tcp, { name: "a", wasm }, "/a.wasm")) as {
    static_resources: { listeners: { name: string; filter_chains: { filters: { name: string }[] }[] }[] };
  };
  const names = config.static_resources.listeners.map(({ name, filter_chains }) => [
    name,
    ...filter_chains.flatMap(({ filters }) => filters.map((filter) => filter.name)),
  ]);
  expect(names).toEqual([
    ["main", "envoy.filters.network.wasm", "envoy.filters.network.tcp_proxy"],
    ["echo", "envoy.filters.network.echo"],
  ]);
});

test("an unknown suite or scenario lists those there are", () => {
  const all = [scenario, { ...scenario, name: "y" }, { ...scenario, suite: "t" }];
  expect(selectScenarios(all, { suite: "s", scenario: "y" })).toEqual([all[1]]);
  expect(() => selectScenarios(all, { suite: "u" })).toThrow('no bench suite "u"; there are: s, t');
  expect(() => selectScenarios(all, { suite: "s", scenario: "z" })).toThrow(
    'no bench scenario "z"; there are: x, y',
  );
});
