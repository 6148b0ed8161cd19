import { median, medianAbsoluteDeviation } from "./statistics.js";
import type { BenchResult, ScenarioSamples } from "./types.js";

/** A row of the report: the result, how much its figures moved, and how it compares with `floor`. */
export interface SummaryRow extends BenchResult {
  /** Median absolute deviation of the added CPU over the rounds. */
  readonly addedSpreadMicros: number;
  /** Added CPU divided by that of `floor`; null without one. */
  readonly ratioToFloor: number | null;
  readonly rssStartKiB: number;
  /** Served before `rssKiB` was read. */
  readonly requests: number;
  /** The medians over the rounds of each round's 99.9th percentile and maximum. */
  readonly p999Micros: number;
  readonly maxMicros: number;
}

/** Medians over the rounds. What a variant adds is taken against `none` in the same round, then the median of that. */
export function summarize(samples: ScenarioSamples): SummaryRow[] {
  const rows = samples.variants.map(({ variant, rounds, rssKiB, rssStartKiB, requests }) => {
    const added = addedByRound(samples, variant);
    return {
      suite: samples.suite,
      scenario: samples.scenario,
      variant,
      cpuMicrosPerRequest: median(rounds.map((round) => round.cpuMicrosPerRequest)),
      addedCpuMicros: median(added),
      requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
      rssKiB,
      rounds: rounds.length,
      rssStartKiB,
      requests,
      addedSpreadMicros: medianAbsoluteDeviation(added),
      p999Micros: median(rounds.map((round) => round.latency.p999Micros)),
      maxMicros: median(rounds.map((round) => round.latency.maxMicros)),
    };
  });
  const floor = rows.find(({ variant }) => variant === "floor");
  return rows.map((row) => ({
    ...row,
    ratioToFloor: floor ? row.addedCpuMicros / floor.addedCpuMicros : null,
  }));
}

/** What a variant adds to `none`, round by round. */
export function addedByRound({ variants }: ScenarioSamples, variant: string): number[] {
  const roundsOf = (name: string) => variants.find((one) => one.variant === name)?.rounds ?? [];
  const none = roundsOf("none");
  return roundsOf(variant).map(
    (round, index) => round.cpuMicrosPerRequest - (none[index]?.cpuMicrosPerRequest ?? NaN),
  );
}

/** The row as `bench --json` has it. */
export function toBenchResult(row: SummaryRow): BenchResult {
  return {
    suite: row.suite,
    scenario: row.scenario,
    variant: row.variant,
    cpuMicrosPerRequest: round3(row.cpuMicrosPerRequest),
    addedCpuMicros: round3(row.addedCpuMicros),
    requestsPerSecond: Math.round(row.requestsPerSecond),
    rssKiB: row.rssKiB,
    rounds: row.rounds,
  };
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}
