import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCounter, type RunningEnvoy, startEnvoy, waitForCounter } from "../../harness/envoy/index.js";
import { directResponse } from "./envoy-support.js";

const COUNTER = "http.web.downstream_rq_2xx";
let envoy: RunningEnvoy;
let url: string;
beforeAll(async () => {
  envoy = await startEnvoy({ config: directResponse("hello"), concurrency: 2 });
  const { host, port } = await envoy.listener("web");
  url = `http://${host}:${port}/`;
});
afterAll(() => envoy.stop());

const ask = async (): Promise<string> => (await request(url)).body.text();

describe("stock Envoy", () => {
  it("answers on the port that it chose", async () => {
    expect(await ask()).toBe("hello");
  });

  it("runs with what it was asked to", async () => {
    const info = await envoy.admin.serverInfo();
    expect(info.version).toContain(envoy.version);
    expect(info.command_line_options).toMatchObject({
      concurrency: 2,
      log_level: "warning",
      use_dynamic_base_id: true,
    });
  });

  it("counts, and a wait sees it", async () => {
    const before = await readCounter(envoy.admin, COUNTER);
    await ask();
    expect(await waitForCounter(envoy.admin, COUNTER, (value) => value > before, "the request")).toBe(
      before + 1,
    );
  });

  it("has a wait for a counter say what never happened and what the counter was", async () => {
    const value = await readCounter(envoy.admin, COUNTER);
    await expect(waitForCounter(envoy.admin, COUNTER, () => false, "a miracle", 100)).rejects.toThrow(
      `waited 0.1 s for a miracle (${COUNTER}): it is ${value}`,
    );
    await expect(waitForCounter(envoy.admin, "no.such", () => false, "a miracle", 100)).rejects.toThrow(
      "Envoy has no such statistic",
    );
  });

  it("gives the statistics that were asked for", async () => {
    await ask();
    const used = await envoy.admin.stats({ usedOnly: true, filter: "^http\\.web\\." });
    expect(used.get("http.web.downstream_rq_total")).toBeGreaterThan(0);
    expect(used.entries().every(([name]) => name.startsWith("http.web."))).toBe(true);
    expect(used.get("http.web.downstream_rq_5xx")).toBeUndefined();
    expect(used.counter("http.web.downstream_rq_5xx")).toBe(0);
    expect((await envoy.admin.stats()).size).toBeGreaterThan(used.size);
  });

  it("does not take the dots of a name for any character", async () => {
    expect(await envoy.admin.stat("http_web.downstream_rq_2xx")).toBeUndefined();
    expect(await envoy.admin.stat("http.web.downstream_rq_2x")).toBeUndefined();
  });

  it("gives Prometheus text, clusters, the config and its memory", async () => {
    const text = await envoy.admin.prometheus({ filter: "downstream_rq_total" });
    expect(text).toMatch(/^envoy_http_downstream_rq_total\{envoy_http_conn_manager_prefix="web"\} \d+$/m);
    expect(await envoy.admin.clusters()).toEqual({});
    expect(JSON.stringify(await envoy.admin.configDump())).toContain("inline_string");
    expect((await envoy.admin.memory()).physical).toBeGreaterThan(1_000_000);
  });

  it("changes the level of a logger, and refuses one that it does not have", async () => {
    await envoy.admin.setLogLevel("http", "debug");
    await ask();
    await envoy.waitForLog(/\[debug\]\[http\]/, "the http logger to speak");
    await envoy.admin.setLogLevel("http", "warning");
    await expect(envoy.admin.setLogLevel("nope", "debug")).rejects.toThrow(
      /with 400: error: unknown logger name/,
    );
  });

  it("closes its listeners when it is drained", async () => {
    const other = await startEnvoy({ config: directResponse("bye") });
    try {
      await other.admin.drain();
      await waitForCounter(
        other.admin,
        "listener_manager.listener_stopped",
        (n) => n > 0,
        "the listener to stop",
      );
    } finally {
      await other.stop();
    }
  });

  it("that ends by itself ends unexpectedly, and its folder stays", async () => {
    const runDir = (await startAndQuit()).runDir;
    expect(existsSync(runDir)).toBe(true);
    await rm(runDir, { recursive: true });
  });

  async function startAndQuit(): Promise<RunningEnvoy> {
    const other = await startEnvoy({ config: directResponse("bye") });
    await other.admin.post("/quitquitquit");
    expect(await other.exited).toEqual({ code: 0, signal: null, expected: false });
    expect(await other.stop()).toEqual({ code: 0, signal: null, expected: false });
    return other;
  }

  it("is reported with its own words when it cannot start", async () => {
    const start = startEnvoy({ config: directResponse("hello").replace("200", "9999") });
    await expect(start).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/envoy\.yaml: .*value must be inside range \[200, 600\)$/) as string,
      cause: { log: expect.stringContaining("[critical][main]") as string },
    });
  });
});
