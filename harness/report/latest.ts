import type { Cost, Difference, Outcome, Run } from "./runs.js";

/** What a folder's runs come to: of each thing that ran more than once, the last time. */
export interface Latest {
  readonly outcomes: readonly Outcome[];
  readonly differences: readonly Difference[];
  readonly costs: readonly Cost[];
}

/** @param runs oldest first */
export function latestOf(runs: readonly Run[]): Latest {
  const outcomes = new Map<string, Outcome>();
  const differences = new Map<string, Difference>();
  const costs = new Map<string, Cost>();
  for (const run of runs) {
    if (run.kind === "bench") {
      for (const cost of run.costs) costs.set(key(cost.suite, cost.scenario, cost.envoyVersion), cost);
      continue;
    }
    for (const outcome of run.outcomes) {
      const { filter, subject, host, envoyVersion } = outcome;
      // Unless it is declared again, below.
      differences.delete(key(filter, outcome.case));
      outcomes.set(key(filter, outcome.case, subject, host, envoyVersion), outcome);
    }
    for (const difference of run.differences)
      differences.set(key(difference.filter, difference.case), difference);
  }
  return {
    outcomes: [...outcomes.values()],
    differences: [...differences.values()],
    costs: [...costs.values()],
  };
}

function key(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
