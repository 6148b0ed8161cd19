import type { BenchRun, ConformanceRun, Cost, Outcome } from "../../harness/report/runs.js";

const MACHINE = {
  processor: "A Processor",
  cores: 2,
  memoryMiB: 4096,
  system: "Linux 6.1 x64",
  node: "v20.0.0",
  commit: "abc1234",
};

export const OUTCOME: Outcome = {
  filter: "rbac",
  case: "denies",
  subject: "tremula",
  host: "envoy",
  envoyVersion: "1.40.0",
  outcome: "pass",
  detail: "",
};

/** Enough cases for the page to have every part. */
export const CONFORMANCE: ConformanceRun = {
  kind: "conformance",
  date: "2026-01-01T00:00:00.000Z",
  machine: MACHINE,
  outcomes: Array.from({ length: 60 }, (_, at) => ({
    ...OUTCOME,
    filter: at % 3 === 0 ? "jwt-authn" : "rbac",
    case: `case ${at} with a name that is as long as names are, because they say what is so ${"and-on".repeat(at % 9)}`,
    subject: at % 2 === 0 ? "tremula" : "native",
    host: at % 5 === 0 && at % 2 === 0 ? "node" : "envoy",
    envoyVersion: at % 5 === 0 && at % 2 === 0 ? "" : at % 7 === 0 ? "1.39.3" : "1.40.0",
    outcome: at % 11 === 0 ? "skip" : "pass",
    detail: at % 11 === 0 ? "not in process" : "",
  })),
  differences: [
    {
      filter: "rbac",
      case: "repeated headers",
      why: "native takes the first",
      exchanges: [{ asked: "GET /\nx-user: a\nx-user: b", ours: "403", native: "200" }],
    },
  ],
};

function cost(scenario: string, native: number, ours: number, verdict: "ok" | "broken"): Cost {
  const added = (value: number) => ({ value, low: value * 0.9, high: value * 1.2 });
  const base = { requestsPerSecond: 20_000, rssKiB: 60_000 };
  return {
    suite: "rbac",
    scenario,
    about: "policies, each for a path and a method",
    envoyVersion: "1.40.0",
    load: "wrk 4.1.0",
    rounds: 9,
    variants: [
      { ...base, variant: "none", cpu: 20, added: { value: 0, low: 0, high: 0 } },
      { ...base, variant: "native", cpu: 20 + native, added: added(native) },
      { ...base, variant: "tremula", cpu: 20 + ours, added: added(ours) },
    ],
    budgets: [{ text: `rbac/${scenario}: tremula adds ${ours}`, verdict }],
  };
}

/** Scenarios that make a family, one over its budget. */
export const BENCH: BenchRun = {
  kind: "bench",
  date: "2026-01-02T00:00:00.000Z",
  machine: MACHINE,
  costs: [
    cost("policies-10", 3, 2.9, "ok"),
    cost("policies-100", 9, 3.1, "ok"),
    cost("policies-1000", 69, 4.5, "ok"),
    cost("policies-10000", 1462, 25.3, "broken"),
    { ...cost("inherited", 1, -0.4, "ok"), suite: "sdk" },
  ],
};
