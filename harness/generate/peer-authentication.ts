import type { PeerAuthenticationSpec } from "../resources/index.js";
import type { Problem } from "./target.js";
import type { Given } from "./resource.js";
import { oldestFirst, select, type Scope, type Workload } from "./select.js";

export type PeerAuthentication = Given<PeerAuthenticationSpec>;

/** What a server does about mutual TLS. */
export type MtlsMode = "DISABLE" | "PERMISSIVE" | "STRICT";

/** A mode, and whose it is. */
export interface DecidedMode {
  readonly mode: MtlsMode;
  /** Null for Istio's default. */
  readonly by: PeerAuthentication | null;
  readonly why: string;
}

/** The modes of a workload's ports. */
export interface PeerModes {
  readonly workload: DecidedMode;
  readonly ports: ReadonlyMap<number, DecidedMode>;
  /** Those that would apply, but something else comes first. */
  readonly outranked: readonly { readonly policy: PeerAuthentication; readonly why: string }[];
}

const DEFAULT: DecidedMode = { mode: "PERMISSIVE", by: null, why: "Istio's default" };
const WIDEST_FIRST: readonly Scope[] = ["mesh", "namespace", "workload"];

/**
 * Which PeerAuthentication holds. The one of the narrowest scope does, and of several in one scope the oldest; what it leaves
 * unset is that of the next wider scope. "The strongest" never wins by being strong.
 *
 * @param policies all of them
 */
export function decidePeerModes(policies: readonly PeerAuthentication[], workload: Workload): PeerModes {
  const outranked: { policy: PeerAuthentication; why: string }[] = [];
  const ofScope = new Map<Scope, PeerAuthentication>();
  for (const policy of oldestFirst(policies)) {
    const { scope } = select(policy, workload, false);
    if (scope === null) continue;
    if (scope === "workload" && policy.namespace === workload.rootNamespace) {
      outranked.push({ policy, why: "with a selector, it is ignored in the root namespace" });
      continue;
    }
    const older = ofScope.get(scope);
    if (older) outranked.push({ policy, why: `${older.title} is older, or first by name` });
    else ofScope.set(scope, policy);
  }

  let mode = DEFAULT;
  for (const scope of WIDEST_FIRST) {
    const policy = ofScope.get(scope);
    const own = policy?.spec.mtls?.mode ?? "UNSET";
    if (policy && own !== "UNSET") mode = { mode: own, by: policy, why: `for the ${scope}` };
  }
  const own = ofScope.get("workload");
  const ports = Object.entries(own?.spec.portLevelMtls ?? {}).map(([port, { mode: wanted = "UNSET" }]) => {
    const decided: DecidedMode =
      wanted === "UNSET" ? mode : { mode: wanted, by: own!, why: `for port ${port}` };
    return [Number(port), decided] as const;
  });
  return { workload: mode, ports: new Map(ports), outranked };
}

/** What Istio's validation refuses in a PeerAuthentication. */
export function validatePeerAuthentication({ spec }: PeerAuthentication): Problem[] {
  if (spec.portLevelMtls === undefined) return [];
  const ports = Object.keys(spec.portLevelMtls);
  const hasSelector = Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
  return [
    ...(hasSelector
      ? []
      : [{ path: ["portLevelMtls"], message: "ports have modes of their own only with a selector" }]),
    ...(ports.length === 0 ? [{ path: ["portLevelMtls"], message: "no port" }] : []),
    ...ports
      .filter((port) => !/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65535)
      .map((port) => ({
        path: ["portLevelMtls", port],
        message: `${JSON.stringify(port)} is no port from 1 to 65535`,
      })),
  ];
}
