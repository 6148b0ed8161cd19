import type { AuthenticationPolicySpec, Path, Resource } from "../resources/index.js";
import type { Notes } from "./note.js";
import { selectorOf, type Services } from "./services.js";
import type { Labels } from "./written.js";

/** What a policy is for. */
export interface Target {
  /** Of the new resources. */
  readonly name: string;
  readonly namespace: string;
  readonly selector: Labels | undefined;
  /** The workload's ports; undefined for all. */
  readonly ports: readonly number[] | undefined;
  /** The ports that HTTP rules can be for, when the workload has others too. */
  readonly httpPorts: readonly number[] | undefined;
}

/** For all workloads and ports. */
export const EVERYTHING = { selector: undefined, ports: undefined, httpPorts: undefined };

export function isWide({ spec }: Resource<AuthenticationPolicySpec>): boolean {
  return (spec.targets ?? []).length === 0;
}

/** What a policy is for; notes tell what cannot be told. */
export function targetsOf(
  policy: Resource<AuthenticationPolicySpec>,
  services: Services,
  notes: Notes,
): Target[] {
  const { name, namespace } = policy;
  if (isWide(policy)) {
    if (name === "default") return [{ name, namespace, ...EVERYTHING }];
    notes.add(
      "lost",
      policy,
      "a Policy without targets was obeyed only when it was called default; it is left out",
    );
    return [];
  }
  const targets = policy.spec.targets ?? [];
  const found = targets.flatMap((target, index): Target[] => {
    const path: Path = ["spec", "targets", index];
    const service = services.get(namespace, target.name ?? "");
    if (service === undefined) {
      notes.add(
        "error",
        policy,
        `there is no Service ${namespace}/${target.name ?? ""}; give its YAML, because the workloads' labels are in it`,
        path,
      );
      return [];
    }
    const selector = selectorOf(service);
    if (selector === undefined) {
      notes.add(
        "error",
        policy,
        `${service.title} has no selector: a policy for it would be for the whole namespace`,
        path,
      );
      return [];
    }
    const ports = (target.ports ?? []).map((port) => ({
      port,
      number: services.workloadPort(service, port),
    }));
    const unknown = ports.filter(({ number }) => number === undefined);
    for (const { port } of unknown)
      notes.add(
        "error",
        policy,
        `the workload's port behind ${port.name ?? port.number} of ${service.title} is not known; give the workload's YAML too`,
        path,
      );
    if (unknown.length > 0) return [];
    return [
      {
        name: targets.length === 1 ? name : `${name}-${service.name}`,
        namespace,
        selector: { ...selector, ...target.labels },
        ports: ports.length === 0 ? undefined : ports.flatMap(({ number }) => number ?? []),
        httpPorts: services.httpPorts(service),
      },
    ];
  });
  return together(found);
}

/** Targets of the same workloads as one. */
function together(targets: readonly Target[]): Target[] {
  const merged = new Map<string, Target>();
  for (const target of targets) {
    const key = JSON.stringify([target.name, target.selector]);
    const first = merged.get(key);
    const ports = first?.ports && target.ports ? [...new Set([...first.ports, ...target.ports])] : undefined;
    merged.set(key, first === undefined ? target : { ...first, ports });
  }
  return [...merged.values()];
}

/** The selector as a field, which is left out when it is for everything. */
export function selectorField({ selector }: Target) {
  return selector === undefined ? {} : { selector: { matchLabels: selector } };
}

/** The comment above what was made of a resource. */
export function fromText(policy: Resource): string {
  return `Migrated from ${policy.title} (${policy.where}).`;
}
