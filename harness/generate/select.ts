import type { TrustDomains } from "./authorization/trust-domain.js";
import type { Given } from "./resource.js";
import { GATEWAY_API, refsOf, type Targeted, type TargetRef } from "./target.js";

/** The workload that configuration is made for. */
export interface Workload extends TrustDomains {
  /** What it is called, so far as anybody says. */
  readonly name: string | null;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Istio's root namespace: what is there is for the whole mesh. */
  readonly rootNamespace: string;
  /** The Gateway of the Gateway API that the workload serves. */
  readonly gateway?: string;
}

/** How far a resource reaches; the narrower one wins where only one can hold. */
export type Scope = "mesh" | "namespace" | "workload";

/** Whether a resource is for a workload, and why, or why not. */
export interface Selection {
  readonly scope: Scope | null;
  readonly why: string;
}

const not = (why: string): Selection => ({ scope: null, why });

/**
 * Whether a resource is for a workload: one in the root namespace for all, one in the workload's namespace, and if it has a
 * selector, only with all of its labels. What names a Gateway is for that gateway alone.
 *
 * @param rootSelectors whether a selector in the root namespace looks at workloads of all namespaces, as it does for
 *   AuthorizationPolicy and RequestAuthentication
 */
export function select(
  { namespace, spec }: Given<Targeted>,
  workload: Workload,
  rootSelectors: boolean,
): Selection {
  const isRoot = namespace === workload.rootNamespace;
  const isOwn = namespace === workload.namespace;
  if (!isRoot && !isOwn) return not(`namespace ${namespace}, and the workload is in ${workload.namespace}`);

  const refs = refsOf(spec);
  if (refs.length > 0) return selectByRefs(refs, isOwn, workload);

  const wanted = Object.entries(spec.selector?.matchLabels ?? {});
  if (wanted.length === 0) {
    return isRoot
      ? { scope: "mesh", why: `the whole mesh: ${namespace} is the root namespace` }
      : { scope: "namespace", why: `all of namespace ${namespace}` };
  }
  if (!isOwn && !rootSelectors) return not("a selector in the root namespace is for workloads there");
  const missing = wanted.find(([name, value]) => workload.labels[name] !== value);
  if (missing) return not(`the workload has no label ${missing.join("=")}`);
  return { scope: "workload", why: wanted.map((pair) => pair.join("=")).join(",") };
}

function selectByRefs(refs: readonly TargetRef[], isOwn: boolean, { gateway }: Workload): Selection {
  const found = refs.find(
    ({ group, kind, name }) => group === GATEWAY_API && kind === "Gateway" && name === gateway,
  );
  if (found && isOwn) return { scope: "workload", why: `Gateway ${found.name}` };
  const names = refs.map(({ kind, name }) => `${kind} ${name}`).join(", ");
  return not(`it is for ${names}, and not for what a selector finds`);
}

/** Oldest first, as Istio reads them; of the same age by name. What comes from files mostly has no age at all. */
export function oldestFirst<T extends Given>(resources: readonly T[]): T[] {
  const age = ({ metadata }: Given) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...resources].sort(
    (a, b) => age(a) - age(b) || order(a.name, b.name) || order(a.namespace, b.namespace),
  );
}
