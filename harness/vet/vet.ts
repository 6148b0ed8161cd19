import { HarnessError } from "../errors.js";
import type { Progress } from "../progress.js";
import { Resource, type Resources } from "../resources/index.js";
import { positionOf, type Check, type Complaint } from "./check.js";
import { CHECKS } from "./checks/index.js";
import { SEVERITIES, type Finding, type Severity } from "./finding.js";
import { Mesh, type MeshOptions } from "./mesh.js";

/** Annotation of an object whose owner knows better: `tremula.dev/vet-ignore: PD001,JW002`. */
export const IGNORE_ANNOTATION = "tremula.dev/vet-ignore";

/** What is not a check of its own: a resource that cannot be read. */
export const UNREADABLE = {
  id: "RS001",
  title: "a resource that cannot be read",
  severity: "error",
  why: "Kubernetes refuses it, or (older versions) drops what it does not know: a rule that is not there protects nothing.",
} as const satisfies Omit<Check, "run">;

/** An annotation that names a check that does not exist. */
export const UNKNOWN_IGNORE = {
  id: "RS002",
  title: "vet-ignore names a check that does not exist",
  severity: "warning",
  why: "What was to be ignored is not, or the check has another id today.",
} as const satisfies Omit<Check, "run">;

export interface VetOptions extends MeshOptions {
  /** Ids of checks that are not to be run. */
  readonly ignore?: readonly string[];
  /** Told which check runs, when that takes long. */
  readonly progress?: Progress;
}

export interface VetResult {
  /** By severity, then by place. */
  readonly findings: readonly Finding[];
  /** What annotations have asked to be left alone. */
  readonly suppressed: readonly Finding[];
  /** How many objects were looked at, and how many of which kinds were not. */
  readonly objects: number;
  readonly unread: ReadonlyMap<string, number>;
}

/** More is refused: nobody reads it, and pairs of what contradicts itself would fill the memory. */
export const MAX_FINDINGS = 250_000;

/**
 * Runs every check.
 *
 * @throws HarnessError when one of them finds more than {@link MAX_FINDINGS}
 */
export function vet(resources: Resources, options: VetOptions = {}): VetResult {
  const mesh = new Mesh(resources, options);
  const ignored = new Set(options.ignore ?? []);
  const all = [
    ...unreadable(resources),
    ...unknownIgnores(mesh),
    ...CHECKS.filter(({ id }) => !ignored.has(id)).flatMap((check) => {
      options.progress?.tick(() => `checking ${resources.all.length} objects: ${check.id}, ${check.title}`);
      return run(check, mesh);
    }),
  ].filter(({ finding }) => !ignored.has(finding.id));
  options.progress?.clear();
  const sorted = (suppressed: boolean): Finding[] =>
    all
      .filter((one) => one.suppressed === suppressed)
      .map(({ finding }) => finding)
      .sort(compare);
  return {
    findings: sorted(false),
    suppressed: sorted(true),
    objects: resources.all.length,
    unread: resources.unread,
  };
}

/** Every id that a finding can have, with what it is about. */
export const RULES: readonly Omit<Check, "run">[] = [UNREADABLE, UNKNOWN_IGNORE, ...CHECKS];

interface Judged {
  readonly finding: Finding;
  readonly suppressed: boolean;
}

function run(check: Check, mesh: Mesh): Judged[] {
  const all: Judged[] = [];
  for (const complaint of check.run(mesh)) {
    if (all.length === MAX_FINDINGS)
      throw new HarnessError("TOO_MANY", `${check.id} finds ${check.title} more than ${MAX_FINDINGS} times`, {
        hint: `give fewer files at once, or leave it out by --ignore ${check.id}`,
      });
    all.push({
      finding: findingOf(check, complaint),
      suppressed: complaint.at instanceof Resource && ignores(complaint.at).includes(check.id),
    });
  }
  return all;
}

function findingOf(check: Omit<Check, "run">, complaint: Complaint): Finding {
  const { at, path = [], message, fix, edit, severity = check.severity } = complaint;
  const known = at instanceof Resource ? at : undefined;
  return {
    id: check.id,
    severity,
    object: known?.title ?? "Envoy's configuration",
    kind: known?.kind.kind ?? "",
    namespace: known?.namespace ?? "",
    name: known?.name ?? "",
    path,
    position: positionOf(complaint),
    message,
    fix,
    ...(edit && { edit }),
  };
}

function* unreadable({ problems }: Resources): Generator<Judged> {
  for (const { position, object = "", path, message } of problems) {
    const [kind = "", rest = ""] = object.split(" ");
    const [namespace = "", name = rest] = rest.includes("/") ? rest.split("/") : ["", rest];
    const finding: Finding = {
      ...{
        id: UNREADABLE.id,
        severity: UNREADABLE.severity,
        object,
        kind,
        namespace,
        name,
        path: [],
        position,
      },
      message: path === undefined ? message : `${path}: ${message}`,
      fix: "correct it; kubectl apply --dry-run=server says what the cluster thinks",
    };
    yield { finding, suppressed: false };
  }
}

function* unknownIgnores({ resources }: Mesh): Generator<Judged> {
  const known = new Set(RULES.map(({ id }) => id));
  for (const at of resources.all)
    for (const id of ignores(at).filter((one) => !known.has(one))) {
      const complaint = {
        at,
        path: ["metadata", "annotations", IGNORE_ANNOTATION],
        message: `${JSON.stringify(id)} is no check`,
        fix: "tremula vet --list shows the checks",
      };
      yield { finding: findingOf(UNKNOWN_IGNORE, complaint), suppressed: false };
    }
}

function ignores({ metadata: { annotations } }: Resource): readonly string[] {
  const text = annotations[IGNORE_ANNOTATION] ?? "";
  return text.split(/[\s,]+/).filter((id) => id !== "");
}

function compare(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    order(a.id, b.id) ||
    order(a.position.file, b.position.file) ||
    a.position.line - b.position.line ||
    a.position.column - b.position.column
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many findings there are of each severity. */
export function countOf(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const of = (severity: Severity): number => findings.filter((one) => one.severity === severity).length;
  return { error: of("error"), warning: of("warning"), info: of("info") };
}
