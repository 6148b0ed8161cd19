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
