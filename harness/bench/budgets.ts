import { medianDifference, medianRatio, type Interval } from "./statistics.js";
import { addedByRound } from "./summary.js";
import { JWT_BUDGETS } from "./suite-jwt.js";
import { PROTOCOL_BUDGETS } from "./suite-protocol.js";
import { RBAC_BUDGETS } from "./suite-rbac.js";
import { SDK_SCENARIOS } from "./suite-sdk.js";
import { TELEMETRY_BUDGETS } from "./suite-telemetry.js";
import type { Budget, ScenarioSamples } from "./types.js";

const SDK_BUDGETS: readonly Budget[] = SDK_SCENARIOS.flatMap(({ suite, name }) => {
  const ours = { suite, scenario: name, variant: "tremula" };
  return [
    { ...ours, against: "floor", maxRatio: 1.25 },
    { ...ours, against: "peer", maxRatio: 1 },
  ];
});

/** What may not become slower; `tremula bench` fails when one of these is broken. */
export const BUDGETS: readonly Budget[] = [
  ...SDK_BUDGETS,
  ...JWT_BUDGETS,
  ...RBAC_BUDGETS,
  ...TELEMETRY_BUDGETS,
  ...PROTOCOL_BUDGETS,
];

/** A budget that was measured. */
export interface BudgetOutcome extends Budget {
  /** What is limited: a ratio, or microseconds. */
  readonly measured: Interval;
  /** `unclear` is above the limit, but not by more than the rounds differ among themselves. */
  readonly verdict: "ok" | "broken" | "unclear";
}

/** The budgets whose two variants were measured. */
export function checkBudgets(
  budgets: readonly Budget[],
  scenarios: readonly ScenarioSamples[],
): BudgetOutcome[] {
  return budgets.flatMap((budget) => {
    const samples = scenarios.find(
      ({ suite, scenario }) => suite === budget.suite && scenario === budget.scenario,
    );
    const [ours, theirs] = [budget.variant, budget.against].map((name) =>
      samples ? addedByRound(samples, name) : [],
    );
    if (!ours?.length || !theirs?.length) return [];
    const { maxRatio, maxExtraMicros } = budget;
    const measured = maxRatio === undefined ? medianDifference(ours, theirs) : medianRatio(ours, theirs);
    return [{ ...budget, measured, verdict: verdictOf(measured, maxRatio ?? maxExtraMicros ?? 0) }];
  });
}

function verdictOf({ value, low, high }: Interval, max: number): BudgetOutcome["verdict"] {
  // Noise hid what the other variant adds, so that nothing was compared.
  if (!Number.isFinite(high)) return "unclear";
  if (value <= max) return "ok";
  return low > max ? "broken" : "unclear";
}
