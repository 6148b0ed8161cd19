import { MeshPolicy, type AuthenticationPolicySpec, type Resource } from "../resources/index.js";
import type { Target } from "./authentication-target.js";
import type { Notes } from "./note.js";
import type { Labels, Written } from "./written.js";

/** A policy and one of the things that it is for. */
export interface Planned {
  readonly policy: Resource<AuthenticationPolicySpec>;
  readonly target: Target;
}

/**
 * What the other policies mean for one: the old policy of a narrower scope took the place of a wider one, while today's
 * resources of all scopes hold together.
 */
export interface Around {
  /** Issuers whose tokens the workloads accept because of other policies, and for which this one did not. */
  readonly foreign: readonly string[];
  /** Issuers of narrower policies, which the requirement of this one must let pass. */
  readonly narrower: readonly string[];
  /** Ports of the same workloads that have a policy of their own. */
  readonly taken: readonly number[];
}

export function aroundOf(one: Planned, all: readonly Planned[]): Around {
  const others = all.filter((other) => other !== one && meet(one.target, other));
  const inside = others.filter((other) => isNarrower(other, one));
  const own = new Set([...issuersOf(one), ...inside.flatMap(issuersOf)]);
  const taken = others
    .filter(({ target }) => isSame(target.selector, one.target.selector))
    .flatMap(({ target }) => (one.target.ports === undefined ? (target.ports ?? []) : []));
  const foreign = others.flatMap(issuersOf).filter((issuer) => !own.has(issuer));
  return { foreign: [...new Set(foreign)], narrower: inside.flatMap(issuersOf), taken };
}

/** Says where a wider policy wants a token that the narrower one did not want. */
export function noteWider(one: Planned, all: readonly Planned[], notes: Notes): void {
  const wider = all.filter((other) => other !== one && meet(one.target, other) && isNarrower(one, other));
  for (const { policy } of wider.filter((other) => issuersOf(other).length > 0))
    notes.add(
      "changed",
      one.policy,
      `it took the place of ${policy.title}, whose RequestAuthentication, and what it required, now hold here too`,
    );
}

export function issuersOf({ policy }: Planned): readonly string[] {
  return (policy.spec.origins ?? []).flatMap(({ jwt }) => jwt?.issuer ?? []);
}

/** Whether two policies can be for one workload. */
function meet(target: Target, { target: other, policy }: Planned): boolean {
  if (policy.is(MeshPolicy)) return true;
  if (target.namespace !== other.namespace && target.selector !== undefined) return false;
  return Object.entries(target.selector ?? {}).every(
    ([key, value]) => (other.selector?.[key] ?? value) === value,
  );
}

const widthOf = ({ policy, target }: Planned): number =>
  policy.is(MeshPolicy) ? 2 : target.selector === undefined ? 1 : 0;

function isNarrower(one: Planned, other: Planned): boolean {
  return widthOf(one) < widthOf(other);
}

function isSame(one: Labels | undefined, other: Labels | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return keyOf(one) === keyOf(other);
}

const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

interface PeerSpec {
  readonly selector?: { readonly matchLabels: Labels };
  readonly mtls?: { readonly mode: string };
  readonly portLevelMtls?: Readonly<Record<string, { readonly mode: string }>>;
}

/** One PeerAuthentication for one selector: of several Istio obeys the oldest alone. */
export function mergedPeers(peers: readonly Written[], planned: readonly Planned[], notes: Notes): Written[] {
  const merged = new Map<string, Written>();
  for (const [index, peer] of peers.entries()) {
    const { selector } = peer.spec as PeerSpec;
    const key = `${peer.metadata.namespace} ${selector === undefined ? index : keyOf(selector.matchLabels)}`;
    const first = merged.get(key);
    const at = planned[index]?.policy;
    merged.set(key, first === undefined || at === undefined ? peer : merge(first, peer, at, notes));
  }
  return [...merged.values()];
}

function merge(one: Written, other: Written, at: Resource, notes: Notes): Written {
  const [first, second] = [one.spec, other.spec] as [PeerSpec, PeerSpec];
  const stricter = (a: { readonly mode: string }, b: { readonly mode: string }) => {
    if (a.mode === b.mode) return a;
    notes.add(
      "changed",
      at,
      `${one.metadata.name} and ${other.metadata.name} are for the same; STRICT is kept`,
    );
    return { mode: "STRICT" };
  };
  const mtls = first.mtls && second.mtls ? stricter(first.mtls, second.mtls) : (first.mtls ?? second.mtls);
  const ports = { ...first.portLevelMtls };
  for (const [port, mode] of Object.entries(second.portLevelMtls ?? {}))
    ports[port] = ports[port] === undefined ? mode : stricter(ports[port], mode);
  return {
    ...one,
    metadata: first.mtls === undefined && second.mtls !== undefined ? other.metadata : one.metadata,
    spec: {
      ...(first.selector && { selector: first.selector }),
      ...(mtls && { mtls }),
      ...(Object.keys(ports).length > 0 && { portLevelMtls: ports }),
    },
    comment: `${one.comment}\n${other.comment}`,
  };
}
