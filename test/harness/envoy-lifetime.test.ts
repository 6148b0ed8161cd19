import { dirname } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { locateEnvoy } from "../../harness/envoy/index.js";
import { Child, compiledHarness, directResponse, isAlive, script, waitUntilGone } from "./envoy-support.js";

// Starts an Envoy, prints its pid, and then ends as the first argument says.
const HARNESS = `
import { startEnvoy } from "./harness/envoy/index.js";
const [path, config, end] = process.argv.slice(2);
const envoy = await startEnvoy({ path, config });
console.log("pid " + envoy.pid);
setInterval(() => undefined, 1000);
if (end === "throw") setTimeout(() => { throw new Error("uncaught"); });
if (end === "reject") Promise.reject(new Error("unhandled"));
if (end === "exit") process.exit(7);
`;

let harness: string;
let envoy: string;
beforeAll(async () => {
  harness = await script(await compiledHarness(), "harness", HARNESS);
  envoy = (await locateEnvoy()).path;
});

async function started(end: string): Promise<{ child: Child; pid: number }> {
  const child = new Child(harness, [envoy, directResponse("hello"), end]);
  const [, pid] = await child.waitFor(/pid (\d+)\n/);
  return { child, pid: Number(pid) };
}

describe("an Envoy does not outlive the harness", () => {
  it.each([
    ["throws an uncaught error", "throw", 1],
    ["has an unhandled rejection", "reject", 1],
    ["calls process.exit", "exit", 7],
  ])("when it %s", async (_, end, code) => {
    const { child, pid } = await started(end);
    expect(await child.ended).toMatchObject({ code });
    await waitUntilGone(pid);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)("when it gets %s", async (signal) => {
    const { child, pid } = await started("run");
    expect(isAlive(pid)).toBe(true);
    process.kill(child.pid, signal);
    expect(await child.ended).toEqual({ code: null, signal });
    await waitUntilGone(pid);
  });
});

describe("what is left to do when the harness ends", () => {
  it("is done once, the last first, whatever fails", async () => {
    const text = `
      import { onAbruptEnd } from "./harness/envoy/cleanup.js";
      onAbruptEnd(() => console.log("first"));
      onAbruptEnd(() => { throw new Error("fails"); });
      const forget = onAbruptEnd(() => console.log("forgotten"));
      onAbruptEnd(() => console.log("last"));
      forget();
      setInterval(() => undefined, 1000);
      console.log("ready");`;
    const child = new Child(await script(dirname(harness), "cleanup", text));
    await child.waitFor(/ready\n/);
    process.kill(child.pid, "SIGTERM");
    expect(await child.ended).toEqual({ code: null, signal: "SIGTERM" });
    expect(child.output).toBe("ready\nlast\nfirst\n");
  });

  it("leaves the signal to those who listen for it too", async () => {
    const text = `
      import { onAbruptEnd } from "./harness/envoy/cleanup.js";
      onAbruptEnd(() => console.log("cleaned up"));
      process.once("SIGTERM", () => { console.log("own"); setTimeout(() => process.exit(4)); });
      setInterval(() => undefined, 1000);
      console.log("ready");`;
    const child = new Child(await script(dirname(harness), "listener", text));
    await child.waitFor(/ready\n/);
    process.kill(child.pid, "SIGTERM");
    expect(await child.ended).toEqual({ code: 4, signal: null });
    expect(child.output).toBe("ready\nown\ncleaned up\n");
  });
});
