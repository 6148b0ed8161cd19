import { join } from "node:path";
import type { BudgetOutcome } from "../bench/budgets.js";
import type { Finished } from "../bench/report.js";
import type { Case } from "../conformance/cases.js";
import type { ConformanceResult } from "../conformance/subject.js";
import { withLock } from "../images/lock.js";
import { writeWhole } from "../whole-file.js";
import { costsOf } from "./costs.js";
import { differencesOf } from "./differences.js";
import { thisMachine } from "./machine.js";
import { renderPage } from "./page.js";
import { keepRun, makeFolder, readRuns, type Run } from "./runs.js";

/**
 * Makes a report's folder if it is not there, and tries it: before a long run, which would be lost otherwise.
 *
 * @throws HarnessError when nothing can be written there, or what is there is no report
 */
export async function tryReport(folder: string): Promise<void> {
  await makeFolder(folder);
  await withLock(pageOf(folder), () => readRuns(folder));
}

/** Keeps a run of cases in a folder, and writes its page. @returns the page's path */
export async function reportConformance(
  folder: string,
  cases: readonly Case[],
  outcomes: readonly ConformanceResult[],
): Promise<string> {
  return add(folder, {
    ...common(),
    kind: "conformance",
    outcomes: [...outcomes],
    differences: differencesOf(cases),
  });
}

/** Keeps a run of the bench in a folder, and writes its page. @returns the page's path */
export async function reportBench(
  folder: string,
  finished: readonly Finished[],
  budgets: readonly BudgetOutcome[],
): Promise<string> {
  return add(folder, { ...common(), kind: "bench", costs: costsOf(finished, budgets) });
}

function common(): Pick<Run, "date" | "machine"> {
  return { date: new Date().toISOString(), machine: thisMachine() };
}

async function add(folder: string, run: Run): Promise<string> {
  await keepRun(folder, run);
  const file = pageOf(folder);
  // One after the other: a page without this run must not come after one that has it.
  await withLock(file, async () => writeWhole(file, renderPage(await readRuns(folder))));
  return file;
}

function pageOf(folder: string): string {
  return join(folder, "index.html");
}
