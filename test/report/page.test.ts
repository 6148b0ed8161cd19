import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCases } from "../../harness/conformance/cases.js";
import { differencesOf } from "../../harness/report/differences.js";
import { renderPage } from "../../harness/report/page.js";
import { keepRun, readRuns } from "../../harness/report/runs.js";
import { BENCH, CONFORMANCE, OUTCOME } from "./material.js";

describe("the page", () => {
  it("asks nobody for anything", () => {
    const page = renderPage([CONFORMANCE, BENCH]);
    expect(page).not.toMatch(/\b(?:src|href)="(?!#)/);
    expect(page).not.toMatch(/url\((?!#)|@import|https?:\/\/(?!www\.w3\.org\/)/);
    expect(page).toContain("default-src 'none'");
  });

  it("shows hostile names and octets as text", () => {
    const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)> " ' & \x00\x1b`;
    const page = renderPage([
      {
        ...CONFORMANCE,
        outcomes: [{ ...OUTCOME, case: hostile, filter: hostile, detail: hostile, outcome: "fail" }],
      },
    ]);
    expect(page).not.toContain("<img");
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toMatch(/[\x00\x1b]/);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
  });

  it("shows of what ran twice the last time", () => {
    const failed = { ...CONFORMANCE, outcomes: [{ ...OUTCOME, outcome: "fail" as const, detail: "then" }] };
    const passed = { ...CONFORMANCE, date: "2026-02-01T00:00:00.000Z", outcomes: [OUTCOME] };
    expect(renderPage([failed])).toContain("0 passed, 1 failed, 0 skipped");
    expect(renderPage([failed, passed])).toContain("1 passed, 0 failed, 0 skipped");
  });

  it("shows no difference that a case declared once, and declares no more", () => {
    const [difference] = CONFORMANCE.differences;
    const { filter, case: name } = difference!;
    const once = { ...CONFORMANCE, outcomes: [{ ...OUTCOME, filter, case: name }] };
    const later = { ...once, date: "2026-02-01T00:00:00.000Z", differences: [] };
    const other = { ...later, outcomes: [{ ...OUTCOME, filter, case: "another" }] };
    expect(renderPage([once, other])).toContain(difference!.why);
    expect(renderPage([once, later])).not.toContain(difference!.why);
  });

  it("unfolds failures and differences, and says which budgets are broken", () => {
    const page = renderPage([
      { ...CONFORMANCE, outcomes: [{ ...OUTCOME, outcome: "fail", detail: "expected 403, got 200" }] },
      BENCH,
    ]);
    expect(page).toContain("<pre>expected 403, got 200</pre>");
    expect(page).toContain("native takes the first");
    expect(page).toMatch(/class="budget broken"/);
    expect(page).toContain("How cost grows with policies");
  });
});

describe("a folder of runs", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tremula-report-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("keeps runs of all kinds, and gives them back in order", async () => {
    const later = { ...CONFORMANCE, date: "2026-03-01T00:00:00.000Z" };
    await keepRun(folder, later);
    await keepRun(folder, BENCH);
    await keepRun(folder, CONFORMANCE);
    expect(await readdir(folder)).toHaveLength(3);
    expect(await readRuns(folder)).toEqual([CONFORMANCE, BENCH, later]);
  });

  it("names a file that is no run", async () => {
    await writeFile(join(folder, "bad.run.json"), "{}");
    await expect(readRuns(folder)).rejects.toThrow(/bad\.run\.json is not a run/);
  });
});

it("declared differences come with what each answers", async () => {
  const differences = differencesOf(await loadCases("test/conformance"));
  const jwt = differences.filter(({ filter }) => filter === "jwt-authn");
  expect(jwt.length).toBeGreaterThan(20);
  for (const { why, case: name } of jwt) expect(why, name).not.toBe("");
});
