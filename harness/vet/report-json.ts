import { pathText } from "../resources/index.js";
import type { Finding, Severity } from "./finding.js";
import { countOf, RULES, type VetResult } from "./vet.js";

/** A finding in the JSON report. */
export interface JsonFinding {
  readonly id: string;
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `spec.ports[0]`; empty for the whole object. */
  readonly path: string;
  readonly title: string;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
  /** Whether `--fix` would do it. */
  readonly fixable: boolean;
  /** The code of istioctl's analyzer, where it has one. */
  readonly istio?: string;
}

/** The report for programs. */
export function jsonReport(result: VetResult): {
  readonly findings: readonly JsonFinding[];
  readonly suppressed: readonly JsonFinding[];
  readonly counts: Readonly<Record<Severity, number>>;
  readonly objects: number;
  readonly unread: Readonly<Record<string, number>>;
} {
  return {
    findings: result.findings.map(jsonFinding),
    suppressed: result.suppressed.map(jsonFinding),
    counts: countOf(result.findings),
    objects: result.objects,
    unread: Object.fromEntries(result.unread),
  };
}

function jsonFinding({
  id,
  severity,
  position,
  kind,
  namespace,
  name,
  path,
  message,
  fix,
  edit,
}: Finding): JsonFinding {
  const rule = RULES.find((one) => one.id === id);
  return {
    id,
    severity,
    ...position,
    kind,
    namespace,
    name,
    path: pathText(path),
    title: rule?.title ?? "",
    message,
    why: rule?.why ?? "",
    fix,
    fixable: edit !== undefined,
    ...(rule?.istio !== undefined && { istio: rule.istio }),
  };
}
