import type { Case } from "./cases.js";

export type SubjectName = "tremula" | "native";
export type Host = "node" | "envoy" | "docker";

/** What one subject made of one case. */
export interface CaseOutcome {
  readonly outcome: "pass" | "fail" | "skip";
  /** Why it failed, or why it was skipped. */
  readonly detail: string;
}

/** Something that a case can be run on: our filter in a host, or Envoy's native filter. */
export interface Subject {
  readonly name: SubjectName;
  readonly host: Host;
  /** Empty for the in-process host. */
  readonly envoyVersion: string;
  run(one: Case): Promise<CaseOutcome>;
  close(): Promise<void>;
}

/** One row of `tremula conformance --json`. */
export interface ConformanceResult extends CaseOutcome {
  readonly filter: string;
  readonly case: string;
  readonly subject: SubjectName;
  readonly host: Host;
  readonly envoyVersion: string;
}
