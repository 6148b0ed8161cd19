import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, it } from "vitest";
import { register as bench } from "../../harness/commands/bench.js";
import { register as conformance } from "../../harness/commands/conformance.js";
import { reportConformance, tryReport } from "../../harness/report/index.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tremula-report-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("runs that end at once do not meet half of each other", async () => {
  const own = join(folder, "at-once");
  await Promise.all(Array.from({ length: 8 }, () => reportConformance(own, [], [])));
  expect(readdirSync(own).filter((name) => name.endsWith(".part"))).toEqual([]);
  expect(readdirSync(own)).toContain("index.html");
});

it("a folder that cannot be one is an error without a stack", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  for (const place of [file, join(file, "below")]) {
    await expect(reportConformance(place, [], [])).rejects.toMatchObject({
      code: "NOT_WRITTEN",
      exitCode: 3,
    });
  }
});

it("a page that cannot be written is one, too", async () => {
  const own = join(folder, "taken");
  await reportConformance(own, [], []);
  rmSync(join(own, "index.html"));
  mkdirSync(join(own, "index.html"));
  await expect(reportConformance(own, [], [])).rejects.toMatchObject({ code: "NOT_WRITTEN" });
});

it("a folder that can be one is left as it was", async () => {
  const own = join(folder, "tried");
  await tryReport(own);
  expect(readdirSync(own)).toEqual([]);
  await reportConformance(own, [], []);
  const there = readdirSync(own);
  await tryReport(own);
  expect(readdirSync(own)).toEqual(there);
});

// Not even root writes into /proc.
it("a folder that cannot be written in is none", async () => {
  await expect(tryReport("/proc")).rejects.toMatchObject({ code: "NOT_WRITTEN", exitCode: 3 });
});

it.each(["conformance", "bench"])(
  "%s tries where it is to write before it looks for an Envoy, or runs anything",
  async (name) => {
    const file = join(folder, `no-folder-${name}`);
    writeFileSync(file, "");
    const bad = join(folder, `bad-${name}`);
    mkdirSync(bad);
    writeFileSync(join(bad, "bad.run.json"), "{}");
    const program = new Command().exitOverride();
    for (const register of [bench, conformance]) register(program);
    const envoy = name === "bench" ? join(folder, "no-envoy") : "0.0.0";
    const run = (option: string, place: string) =>
      program.parseAsync([name, "--envoy", envoy, option, place], { from: "user" });
    await expect(run("--report", file)).rejects.toMatchObject({ code: "NOT_WRITTEN" });
    await expect(run("--report", bad)).rejects.toMatchObject({ code: "REPORT_UNREADABLE" });
    for (const place of [bad, join(file, "below.json"), "/proc/results.json"]) {
      await expect(run("--json", place)).rejects.toMatchObject({ code: "NOT_WRITTEN", exitCode: 3 });
    }
  },
);
