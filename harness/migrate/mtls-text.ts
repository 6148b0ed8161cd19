import { placeText } from "../resources/index.js";
import type { MtlsPlan, Phase } from "./mtls-plan.js";
import { yamlOf } from "./written.js";

/** The folder of a phase: `02-prod-clients`. */
export function folderOf({ namespace, name }: Phase, index: number): string {
  return `${String(index + 1).padStart(2, "0")}-${namespace}-${name}`;
}

/** The files of a plan, by their path below its folder. */
export function filesOf(plan: MtlsPlan): ReadonlyMap<string, string> {
  const files = new Map<string, string>([["plan.md", planText(plan)]]);
  for (const [index, phase] of plan.phases.entries()) {
    const folder = folderOf(phase, index);
    if (phase.apply.length > 0) files.set(`${folder}/apply.yaml`, yamlOf(phase.apply));
    if (phase.rollback.yaml !== "") files.set(`${folder}/rollback.yaml`, phase.rollback.yaml);
  }
  return files;
}

/** The plan for people: each phase with its commands, its way back, and what must be clean. */
export function planText({ phases, excluded }: MtlsPlan): string {
  const lines = ["# The way to mTLS", ""];
  if (phases.length === 0) lines.push("Nothing is left to do.", "");
  for (const [index, phase] of phases.entries()) lines.push(...phaseText(phase, index));
  if (excluded.length > 0) {
    lines.push("## Not in the plan", "");
    for (const { workload, reason } of excluded) lines.push(`- ${workload}: ${reason}`);
    lines.push("");
  }
  return lines.join("\n");
}

function phaseText(phase: Phase, index: number): string[] {
  const { namespace, name, purpose, apply, remove, rollback, checks, blocking } = phase;
  const folder = folderOf(phase, index);
  const indented = (commands: readonly string[]) => commands.map((command) => `    ${command}`);
  const doIt = [
    ...(apply.length > 0 ? [`kubectl apply -f ${folder}/apply.yaml`] : []),
    ...remove.map((one) => `kubectl delete -n ${namespace} ${one}`),
    ...(name === "observe" ? [`# ${QUERY(namespace)}`] : []),
  ];
  const undo = [
    ...(rollback.yaml !== "" ? [`kubectl apply -f ${folder}/rollback.yaml`] : []),
    ...rollback.remove.map((one) => `kubectl delete -n ${namespace} ${one}`),
  ];
  return [
    `## ${index + 1}. ${namespace}: ${name}`,
    "",
    purpose,
    "",
    ...indented(doIt),
    "",
    ...(undo.length > 0 ? ["To go back:", "", ...indented(undo), ""] : []),
    `Must be clean: ${checks.join(", ")}`,
    "",
    ...(blocking.length === 0
      ? ["They are."]
      : blocking.map(
          ({ id, position, object, message }) => `- ${id} ${placeText(position)} ${object}: ${message}`,
        )),
    "",
  ];
}

/** Finds who still sends plain text: the answer must be empty. */
const QUERY = (namespace: string): string =>
  `sum by (source_workload, destination_workload) (increase(istio_requests_total{reporter="destination",destination_workload_namespace="${namespace}",connection_security_policy="none"}[7d])) > 0`;
