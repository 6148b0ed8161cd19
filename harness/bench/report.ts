import Table from "cli-table3";
import pc from "picocolors";
import type { BudgetOutcome } from "./budgets.js";
import type { SummaryRow } from "./summary.js";
import type { Scenario, ScenarioSamples, VariantSamples } from "./types.js";

/** A scenario that ran, with what came out. */
export interface Finished {
  readonly scenario: Scenario;
  readonly samples: ScenarioSamples;
  readonly rows: readonly SummaryRow[];
}

const COLUMNS = [
  "variant",
  "CPU µs/request",
  "added µs",
  "± (MAD)",
  "x floor",
  "requests/s",
  "p99.9 ms",
  "max ms",
  "RSS MiB",
  "RSS grew MiB",
] as const;

/** One scenario as a table for the terminal. */
export function terminalTable({ scenario, samples, rows }: Finished): string {
  const table = new Table({
    head: [...COLUMNS],
    colAligns: COLUMNS.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push(cells(row));
  return [
    pc.bold(`${scenario.suite}/${scenario.name}`),
    conditions(scenario, samples),
    table.toString(),
  ].join("\n");
}

/** One line for each budget. */
export function budgetLines(outcomes: readonly BudgetOutcome[]): string[] {
  const color = { ok: pc.green, broken: pc.red, unclear: pc.yellow };
  return outcomes.map(
    (outcome) => `budget ${budgetText(outcome)}: ${color[outcome.verdict](outcome.verdict)}`,
  );
}

export function budgetText({ measured, ...budget }: BudgetOutcome): string {
  const { suite, scenario, variant, against, maxRatio, maxExtraMicros } = budget;
  const figures = `${measured.value.toFixed(2)} (${measured.low.toFixed(2)} to ${measured.high.toFixed(2)})`;
  const limit =
    maxRatio === undefined
      ? `${figures} µs more than ${against}, at most ${maxExtraMicros}`
      : `${figures} times what ${against} adds, at most ${maxRatio}`;
  return `${suite}/${scenario}: ${variant} adds ${limit}`;
}

function conditions(scenario: Scenario, samples: ScenarioSamples): string {
  const [first] = samples.variants;
  const live = scenario.liveStreams ? `, ${scenario.liveStreams} more streams open` : "";
  const served = Math.min(...samples.variants.map(({ requests }) => requests));
  return (
    `${scenario.about}. Envoy ${samples.envoyVersion}, one worker, ${samples.load}${live}; medians of ` +
    `${first?.rounds.length ?? 0} interleaved rounds; memory after at least ${served} requests.` +
    samples.variants.map(countersText).join("")
  );
}

function countersText({ variant, counters }: VariantSamples): string {
  const counted = Object.entries(counters).map(([name, value]) => `${value.toFixed(3)} ${name}`);
  return counted.length === 0 ? "" : ` ${variant}, per request: ${counted.join(", ")}.`;
}

function cells(row: SummaryRow): string[] {
  const none = row.variant === "none";
  return [
    row.variant,
    row.cpuMicrosPerRequest.toFixed(2),
    none ? "" : row.addedCpuMicros.toFixed(2),
    none ? "" : row.addedSpreadMicros.toFixed(2),
    none || row.ratioToFloor === null ? "" : row.ratioToFloor.toFixed(2),
    row.requestsPerSecond.toFixed(0),
    (row.p999Micros / 1000).toFixed(2),
    (row.maxMicros / 1000).toFixed(2),
    (row.rssKiB / 1024).toFixed(1),
    ((row.rssKiB - row.rssStartKiB) / 1024).toFixed(1),
  ];
}
