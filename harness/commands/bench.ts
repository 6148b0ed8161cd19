import { InvalidArgumentError, type Command } from "commander";
import { BUDGETS, checkBudgets } from "../bench/budgets.js";
import { findLoadGenerator } from "../bench/load.js";
import { budgetLines, terminalTable, type Finished } from "../bench/report.js";
import { runScenario } from "../bench/runner.js";
import { SCENARIOS } from "../bench/suites.js";
import { summarize, toBenchResult } from "../bench/summary.js";
import type { Scenario } from "../bench/types.js";
import { locateEnvoy, startEnvoy } from "../envoy/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import { Progress } from "../progress.js";
import { reportBench, tryReport } from "../report/index.js";
import { tryJson, writeJson } from "./json-file.js";

interface BenchOptions {
  suite?: string;
  scenario?: string;
  rounds: number;
  seconds: number;
  connections: number;
  envoy?: string;
  version?: string;
  json?: string;
  report?: string;
}

/** Adds `tremula bench` to the program. */
export function register(program: Command): void {
  program
    .command("bench")
    .description("measure what filters cost in CPU on stock Envoy")
    .option("--suite <suite>", `one suite only: ${unique(SCENARIOS.map(({ suite }) => suite)).join(", ")}`)
    .option("--scenario <name>", "one scenario only")
    .option("--rounds <n>", "interleaved rounds of each variant", positiveInteger, 15)
    .option("--seconds <n>", "length of a round", positiveInteger, 1)
    .option("--connections <n>", "connections that send load", positiveInteger, 8)
    .option("--envoy <path>", "Envoy binary to measure on")
    .option("--version <version>", "Envoy version to measure on")
    .option("--json <file>", "write the results as JSON")
    .option("--report <dir>", "add the results to the page in this folder, index.html")
    .action((options: BenchOptions) => bench(options));
}

async function bench(options: BenchOptions): Promise<void> {
  const scenarios = selectScenarios(SCENARIOS, options);
  if (options.json !== undefined) await tryJson(options.json);
  if (options.report !== undefined) await tryReport(options.report);
  const progress = new Progress();
  const located = await locateEnvoy({ path: options.envoy, version: options.version, progress });
  const load = await findLoadGenerator();
  progress.note(`Envoy ${located.version} at ${located.path}; load from ${load.name}`);
  if (load.name === "autocannon")
    progress.note("wrk on PATH makes for steadier figures: it takes less of the machine");

  const finished: Finished[] = [];
  const surroundings = { startEnvoy, envoy: { path: located.path }, load, progress };
  for (const scenario of scenarios) {
    const samples = await runScenario(scenario, { ...options, warmUpSeconds: 2 }, surroundings);
    const one = { scenario, samples, rows: summarize(samples) };
    finished.push(one);
    console.log(`${terminalTable(one)}\n`);
  }

  const rows = finished.flatMap((one) => one.rows);
  const outcomes = checkBudgets(
    BUDGETS,
    finished.map(({ samples }) => samples),
  );
  for (const line of budgetLines(outcomes)) console.log(line);
  // Written before a broken budget fails the command: that is when they are wanted most.
  if (options.json !== undefined) await writeJson(options.json, rows.map(toBenchResult));
  if (options.report !== undefined) {
    progress.note(`report: ${await reportBench(options.report, finished, outcomes)}`);
  }
  const broken = outcomes.filter(({ verdict }) => verdict === "broken");
  if (broken.length > 0) {
    const names = broken.map(({ suite, scenario }) => `${suite}/${scenario}`);
    throw new HarnessError("BENCH_BUDGET_BROKEN", `over budget: ${names.join(", ")}`, {
      hint: "Repeat on a machine that does nothing else before believing it.",
    });
  }
}

/** The scenarios that the options ask for; an unknown name is an error that lists the known ones. */
export function selectScenarios(
  all: readonly Scenario[],
  wanted: { readonly suite?: string; readonly scenario?: string },
): Scenario[] {
  const inSuite = all.filter(({ suite }) => wanted.suite === undefined || suite === wanted.suite);
  if (inSuite.length === 0)
    throw unknown(
      "suite",
      wanted.suite,
      all.map(({ suite }) => suite),
    );
  const found = inSuite.filter(({ name }) => wanted.scenario === undefined || name === wanted.scenario);
  if (found.length === 0)
    throw unknown(
      "scenario",
      wanted.scenario,
      inSuite.map(({ name }) => name),
    );
  return found;
}

function unknown(kind: string, got: string | undefined, known: readonly string[]): HarnessError {
  return new HarnessError(
    "BENCH_UNKNOWN",
    `no bench ${kind} "${got}"; there are: ${unique(known).join(", ")}`,
    {
      exitCode: ExitCode.usage,
    },
  );
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("It has to be a positive integer.");
  return value;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
