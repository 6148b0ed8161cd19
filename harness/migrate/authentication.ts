import {
  MeshPolicy,
  Policy,
  type AuthenticationPolicySpec,
  type Resource,
  type Resources,
} from "../resources/index.js";
import { aroundOf, mergedPeers, noteWider, type Planned } from "./authentication-overlap.js";
import {
  EVERYTHING,
  fromText,
  isWide,
  selectorField,
  targetsOf,
  type Target,
} from "./authentication-target.js";
import { tokens } from "./authentication-tokens.js";
import type { Notes } from "./note.js";
import type { Services } from "./services.js";
import { security, type Written } from "./written.js";

export interface AuthenticationOptions {
  readonly rootNamespace: string;
  /** Only this namespace is migrated; what holds for the mesh is written for it alone. */
  readonly namespace?: string;
  /** Pass tokens on to the workloads, as the old policies did. */
  readonly forwardTokens?: boolean;
}

/** Migrates `authentication.istio.io/v1alpha1` to PeerAuthentication, RequestAuthentication and AuthorizationPolicy. */
export function migrateAuthentication(
  resources: Resources,
  services: Services,
  notes: Notes,
  options: AuthenticationOptions,
): Written[] {
  const policies = resources
    .of(Policy)
    .filter(({ namespace }) => namespace === (options.namespace ?? namespace));
  const overridden = policies.some((policy) => policy.name === "default" && isWide(policy));
  const mesh = resources.of(MeshPolicy).flatMap((policy): Planned[] => {
    if (policy.name !== "default") {
      notes.add("lost", policy, "only the MeshPolicy default was obeyed; this one is left out");
      return [];
    }
    if (options.namespace !== undefined && overridden) return [];
    const namespace = options.namespace ?? options.rootNamespace;
    return [{ policy, target: { name: "default", namespace, ...EVERYTHING } }];
  });
  const planned = [
    ...mesh,
    ...policies.flatMap((policy) =>
      targetsOf(policy, services, notes).map((target): Planned => ({ policy, target })),
    ),
  ];
  const peers = planned.map(({ policy, target }) => peer(policy, target, notes));
  for (const one of planned) noteWider(one, planned, notes);
  return [
    ...mergedPeers(peers, planned, notes),
    ...planned.flatMap((one) =>
      tokens(one.policy, one.target, aroundOf(one, planned), notes, options.forwardTokens ?? false),
    ),
  ];
}

function peer(policy: Resource<AuthenticationPolicySpec>, target: Target, notes: Notes): Written {
  const mode = modeOf(policy, notes);
  const { name, namespace, ports } = target;
  const spec =
    ports === undefined
      ? { mtls: { mode } }
      : { portLevelMtls: Object.fromEntries(ports.map((port) => [String(port), { mode }])) };
  const comment = `${fromText(policy)}${ports === undefined ? "" : "\nThe ports are those that the workload listens on, not the Service's."}`;
  return security("PeerAuthentication", name, namespace, { ...selectorField(target), ...spec }, comment);
}

function modeOf(policy: Resource<AuthenticationPolicySpec>, notes: Notes): "STRICT" | "PERMISSIVE" {
  const { peers = [], peerIsOptional, peer_is_optional } = policy.spec;
  for (const [index, { jwt }] of peers.entries())
    if (jwt !== undefined)
      notes.add("lost", policy, "a peer's JWT was never supported, and is left out", [
        "spec",
        "peers",
        index,
      ]);
  const index = peers.findIndex((one) => "mtls" in one);
  const mtls = peers[index]?.mtls;
  if (mtls === undefined) {
    notes.add(
      "changed",
      policy,
      "without peers the workloads accepted plain text only; PERMISSIVE accepts mTLS too",
      ["spec"],
    );
    return "PERMISSIVE";
  }
  if (mtls?.mode === "PERMISSIVE") return "PERMISSIVE";
  if (mtls?.allowTls ?? mtls?.allow_tls) {
    notes.add(
      "lost",
      policy,
      "allowTls: TLS without a client's certificate is not accepted any more, plain text is",
      ["spec", "peers", index],
    );
    return "PERMISSIVE";
  }
  return (peerIsOptional ?? peer_is_optional) ? "PERMISSIVE" : "STRICT";
}
