import { budgetText, type Finished } from "../bench/report.js";
import type { BudgetOutcome } from "../bench/budgets.js";
import { medianDifference } from "../bench/statistics.js";
import { addedByRound } from "../bench/summary.js";
import type { Cost } from "./runs.js";

/** What a bench run measured, as reports keep it. */
export function costsOf(finished: readonly Finished[], outcomes: readonly BudgetOutcome[]): Cost[] {
  return finished.map(({ scenario, samples, rows }) => {
    // Round by round, as the command's own table and its JSON have it.
    const addedBy = (name: string) => {
      const added = addedByRound(samples, name);
      return medianDifference(
        added,
        added.map(() => 0),
      );
    };
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
        added: addedBy(row.variant),
        requestsPerSecond: row.requestsPerSecond,
        rssKiB: row.rssKiB,
      })),
      budgets: outcomes
        .filter((outcome) => outcome.suite === scenario.suite && outcome.scenario === scenario.name)
        .map((outcome) => ({ text: budgetText(outcome), verdict: outcome.verdict })),
    };
  });
}
