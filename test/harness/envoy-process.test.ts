import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type EnvoySpec, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { FAKE_ENVOY, fakeConfig, isAlive, temporaryFolder } from "./envoy-support.js";

const running: RunningEnvoy[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((envoy) => envoy.stop()));
});

async function start(spec: Partial<EnvoySpec> = {}): Promise<RunningEnvoy> {
  const envoy = await startEnvoy({ config: fakeConfig(), path: FAKE_ENVOY, ...spec });
  running.push(envoy);
  return envoy;
}

describe("a started Envoy", () => {
  it("is LIVE and is the process that its pid names", async () => {
    const envoy = await start();
    expect(envoy.version).toBe("1.40.0");
    expect(await envoy.admin.ready()).toBe("LIVE");
    expect(await readFile(`/proc/${envoy.pid}/cmdline`, "latin1")).toContain("fake-envoy.mjs\0-c\0");
  });

  it("gives a listener's address by its name, as a client can use it", async () => {
    const envoy = await start({ config: fakeConfig({}, ["first", "second"]) });
    expect(await envoy.listener("second")).toEqual({ host: "127.0.0.1", port: 10_001 });
  });

  it("names the listeners that there are when asked for another", async () => {
    const envoy = await start({ config: fakeConfig({}, ["first", "second"]) });
    await expect(envoy.listener("third")).rejects.toThrow("no listener 'third'; it has: first, second");
  });

  it("writes its config and log into the folder of the run and leaves a given folder there", async () => {
    const runDir = join(await temporaryFolder(), "run");
    const envoy = await start({ runDir });
    await envoy.stop();
    expect(await readFile(join(runDir, "envoy.yaml"), "utf8")).toContain("port_value: 0");
    expect(await readFile(join(runDir, "envoy.log"), "utf8")).toContain("starting main dispatch loop");
  });

  it("removes the folder that was made for it when it is stopped, and still gives the log", async () => {
    const envoy = await start();
    expect(existsSync(envoy.runDir)).toBe(true);
    await envoy.stop();
    expect(existsSync(envoy.runDir)).toBe(false);
    expect(await envoy.log()).toContain("caught ENVOY_SIGTERM");
  });

  it("does not take the admin address of an earlier run in the same folder", async () => {
    const runDir = await temporaryFolder();
    const first = await start({ runDir });
    await first.stop();
    const second = await start({ runDir });
    expect(second.admin.url).not.toBe(first.admin.url);
  });
});

describe("the end of an Envoy", () => {
  it("is asked for with SIGTERM, once, however often stop is called", async () => {
    const envoy = await start();
    const [first, second] = await Promise.all([envoy.stop(), envoy.stop()]);
    expect(first).toEqual({ code: 0, signal: null, expected: true });
    expect(second).toBe(first);
    expect((await envoy.log()).match(/caught ENVOY_SIGTERM/g)).toHaveLength(1);
  });

  it("comes by SIGKILL when SIGTERM does nothing", async () => {
    const envoy = await start({ config: fakeConfig({ ignoreTerm: true }), stopGraceMs: 200 });
    expect(await envoy.stop()).toEqual({ code: null, signal: "SIGKILL", expected: true });
    expect(isAlive(envoy.pid)).toBe(false);
    expect(await envoy.log()).toContain("caught ENVOY_SIGTERM");
  });

  it("is unexpected when it comes from outside, and stays so after stop", async () => {
    const envoy = await start();
    process.kill(envoy.pid, "SIGKILL");
    const killed = { code: null, signal: "SIGKILL", expected: false };
    expect(await envoy.exited).toEqual(killed);
    expect(await envoy.stop()).toEqual(killed);
    expect(existsSync(envoy.logPath)).toBe(true);
  });

  it("comes when the signal aborts", async () => {
    const controller = new AbortController();
    const envoy = await start({ signal: controller.signal });
    controller.abort();
    expect(await envoy.exited).toMatchObject({ code: 0, expected: true });
  });

  it("makes the admin interface say how it ended", async () => {
    const envoy = await start();
    await envoy.stop();
    await expect(envoy.admin.memory()).rejects.toThrow(/does not answer \/memory: Envoy ended with code 0/);
  });
});

describe("an Envoy that does not become ready", () => {
  const refused = (fake: object, spec: Partial<EnvoySpec> = {}): Promise<unknown> =>
    startEnvoy({ config: fakeConfig(fake), path: FAKE_ENVOY, ...spec }).then(
      () => Promise.reject(new Error("it started")),
      (error: unknown) => error,
    );

  it("is reported at once when the process dies, with its last log lines", async () => {
    const begin = performance.now();
    const error = await refused({ exitCode: 3 });
    expect(error).toMatchObject({ code: "ENVOY_NOT_READY" });
    expect((error as Error).message).toMatch(
      /Envoy ended with code 3 before it was ready; the end of .*envoy\.log:\n/,
    );
    expect((error as Error).message).toContain("assert failure: demanded by the test");
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it("is reported in Envoy's own words when it refuses the config, in one line", async () => {
    const words = "route: unknown cluster 'nope'";
    const error = await refused({ fatal: words }, { source: { file: "my.yaml", text: "" } });
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: `my.yaml: ${words}`, exitCode: 1 });
  });

  it("is reported with what never happened: the admin address", async () => {
    const error = await refused({ noAdmin: true }, { startTimeoutMs: 400 });
    expect((error as Error).message).toMatch(
      /^waited 0.4 s for Envoy to become ready: it never wrote its admin address/,
    );
  });

  it("is reported with what never happened: the state LIVE", async () => {
    const error = await refused({ state: "PRE_INITIALIZING" }, { startTimeoutMs: 2_000 });
    expect((error as Error).message).toMatch(/^waited 2 s .*: its admin interface says PRE_INITIALIZING/);
  });

  it("does not go on running", async () => {
    const runDir = await temporaryFolder();
    await refused({ state: "PRE_INITIALIZING", ignoreTerm: true }, { startTimeoutMs: 2_000, runDir });
    const pid = /\]\[(\d+)\]\[info\]/.exec(await readFile(join(runDir, "envoy.log"), "utf8"))?.[1];
    expect(Number(pid)).toBeGreaterThan(0);
    expect(isAlive(Number(pid))).toBe(false);
  });

  it("is given up when the signal aborts", async () => {
    const signal = AbortSignal.timeout(300);
    const error = await refused({ noAdmin: true }, { signal });
    expect(error).toBe(signal.reason);
  });
});

describe("a wait for the log", () => {
  it("gives the match", async () => {
    const envoy = await start();
    const match = await envoy.waitForLog(/starting (\w+) dispatch/g, "the loop to start");
    expect(match[1]).toBe("main");
  });

  it("names what never happened and shows the last lines", async () => {
    const envoy = await start();
    const wait = envoy.waitForLog(/never said/, "the filter to speak", 200);
    await expect(wait).rejects.toThrow(
      /^waited 0.2 s for the filter to speak; the end of [\s\S]*starting main dispatch/,
    );
  });

  it("ends when Envoy ends", async () => {
    const envoy = await start();
    const wait = envoy.waitForLog(/never said/, "the filter to speak", 60_000);
    process.kill(envoy.pid, "SIGKILL");
    await expect(wait).rejects.toThrow(/^Envoy was killed by SIGKILL while waiting for the filter to speak/);
  });
});
