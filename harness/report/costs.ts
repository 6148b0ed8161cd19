import { budgetText, type Finished } from "../bench/report.js";
import type { BudgetOutcome } from "../bench/budgets.js";
import { medianDifference } from "../bench/statistics.js";
import type { Cost } from "./runs.js";

/** What a bench run measured, as reports keep it. */
export function costsOf(finished: readonly Finished[], outcomes: readonly BudgetOutcome[]): Cost[] {
  return finished.map(({ scenario, samples, rows }) => {
    const cpuOf = (name: string): number[] =>
      (samples.variants.find(({ variant }) => variant === name)?.rounds ?? []).map(
        (round) => round.cpuMicrosPerRequest,
      );
    return {
      suite: scenario.suite,
      scenario: scenario.name,
      about: scenario.about,
      envoyVersion: samples.envoyVersion,
      load: samples.load,
      rounds: rows[0]?.rounds ?? 0,
      variants: rows.map((row) => ({
        variant: row.variant,
        cpu: row.cpuMicrosPerRequest,
        added: medianDifference(cpuOf(row.variant), cpuOf("none")),
        requestsPerSecond: row.requestsPerSecond,
        rssKiB: row.rssKiB,
      })),
      budgets: outcomes
        .filter((outcome) => outcome.suite === scenario.suite && outcome.scenario === scenario.name)
        .map((outcome) => ({ text: budgetText(outcome), verdict: outcome.verdict })),
    };
  });
}
