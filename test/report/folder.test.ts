import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { reportConformance } from "../../harness/report/index.js";

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
