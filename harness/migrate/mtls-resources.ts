import {
  DaemonSet,
  Deployment,
  PeerAuthentication,
  StatefulSet,
  type PeerAuthenticationSpec,
  type Resource,
  type Resources,
} from "../resources/index.js";
import type { Finding } from "../vet/index.js";
import { isWide, type Mesh } from "../vet/mesh.js";
import { selects, type Workload } from "../vet/workload.js";
import { security, type Labels, type Written } from "./written.js";

/** What tells a finding from others. */
export function textOf({ id, object, message }: Finding): string {
  return `${id} ${object} ${message}`;
}

/** The policies of a namespace that are for all of it. */
export function wideIn(resources: Resources, namespace: string): readonly Resource<PeerAuthenticationSpec>[] {
  return resources
    .of(PeerAuthentication)
    .filter((policy) => policy.namespace === namespace && isWide(policy));
}

/** The policies of a namespace that select workloads. */
export function ownIn(resources: Resources, namespace: string): readonly Resource<PeerAuthenticationSpec>[] {
  return resources
    .of(PeerAuthentication)
    .filter((policy) => policy.namespace === namespace && !isWide(policy));
}

/** Whether other policies select a workload that a policy selects: without this one, Istio would obey them. */
export function isBesideOthers(
  policy: Resource<PeerAuthenticationSpec>,
  resources: Resources,
  mesh: Mesh,
): boolean {
  const others = ownIn(resources, policy.namespace).filter((other) => other !== policy);
  const isFor = ({ spec }: Resource<PeerAuthenticationSpec>, { labels }: Workload) =>
    selects(spec.selector?.matchLabels, labels);
  return mesh
    .workloadsIn(policy.namespace)
    .some((workload) => isFor(policy, workload) && others.some((other) => isFor(other, workload)));
}

/** A policy for all of a namespace. */
export function widePolicy(name: string, namespace: string, mode: "PERMISSIVE" | "STRICT"): Written {
  return security("PeerAuthentication", name, namespace, { mtls: { mode } }, `For all of ${namespace}.`);
}

/** Whether the resource is the one that is written. */
export function isSame({ kind, metadata }: Written, resource: Resource): boolean {
  return (
    resource.kind.kind === kind &&
    resource.namespace === metadata.namespace &&
    resource.name === metadata.name
  );
}

/** Whether the resource says that already. */
export function isThere(resources: Resources, written: Written): boolean {
  const there = resources.all.find((resource) => isSame(written, resource));
  return there !== undefined && JSON.stringify(there.spec) === JSON.stringify(written.spec);
}

/** The labels by which a workload is told from others: those that its Deployment selects its pods by. */
export function selectorOf({ at, labels }: Workload): Labels | undefined {
  if (at.is(Deployment) || at.is(StatefulSet) || at.is(DaemonSet)) {
    const { matchLabels = {} } = at.spec.selector ?? {};
    if (Object.keys(matchLabels).length > 0) return matchLabels;
  }
  return labels["app"] === undefined ? undefined : { app: labels["app"] };
}

const PLAIN = ["DISABLE", "SIMPLE", "MUTUAL"];

/** A DestinationRule's spec without settings of TLS that are not mTLS. */
export function withoutPlainTls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlainTls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, item]) => !(key === "tls" && PLAIN.includes((item as { mode?: string } | null)?.mode ?? "")),
      )
      .map(([key, item]) => [key, withoutPlainTls(item)]),
  );
}
