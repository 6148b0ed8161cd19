import { VirtualService, type Resource, type VirtualServiceSpec } from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import { fullHost } from "../hosts.js";
import {
  compatible,
  contains,
  isPlain,
  matchesOf,
  overlap,
  takesAll,
  uriText,
  type RouteMatch,
} from "../route-overlap.js";

type Routes = Resource<VirtualServiceSpec>;

export const conflictingRoutes: Check = {
  id: "VS002",
  title: "routes of one host that take requests from each other",
  severity: "error",
  why:
    "The rules of several VirtualServices for one host of a gateway are put one behind the other, in an order that depends on " +
    "their age; in one VirtualService a rule behind one that takes more is never reached.",
  *run(mesh) {
    const matches = new Map<Routes, RouteMatch[]>();
    const hosts = new Map<string, Routes[]>();
    for (const at of mesh.resources.of(VirtualService)) {
      const own = matchesOf(at.spec.http ?? []);
      matches.set(at, own);
      yield* shadowed(at, own);
      // Whether they meet in sidecars, or at a gateway only.
      const earlier = new Map<Routes, boolean>();
      for (const key of keysOf(at)) {
        const same = hosts.get(key) ?? [];
        const inSidecars = key.startsWith(`${MESH} `);
        for (const one of same)
          if (!inSidecars || seenTogether(one, at)) earlier.set(one, inSidecars || earlier.get(one) === true);
        same.push(at);
        hosts.set(key, same);
      }
      for (const [first, inSidecars] of earlier)
        yield* between(first, matches.get(first) ?? [], at, own, inSidecars);
    }
  },
};

const MESH = "mesh";

/** Whether some namespace sees both. */
function seenTogether(one: Routes, other: Routes): boolean {
  const [own, others] = [one, other].map(({ spec: { exportTo = [] }, namespace }) =>
    (exportTo.length === 0 ? ["*"] : exportTo).map((name) => (name === "." ? namespace : name)),
  ) as [string[], string[]];
  return own.some((name) => name === "*" || others.includes("*") || others.includes(name));
}

/** Each gateway with each host, for which Istio puts the rules of several VirtualServices together. */
function keysOf(at: Routes): ReadonlySet<string> {
  const hosts = (at.spec.hosts ?? []).map((host) => fullHost(host, at.namespace));
  return new Set(gatewaysOf(at).flatMap((gateway) => hosts.map((host) => `${gateway} ${host}`)));
}

/** Rules that an earlier one of the same VirtualService leaves nothing for. */
function* shadowed(at: Routes, all: readonly RouteMatch[]): Generator<Complaint> {
  const plain: RouteMatch[] = [];
  for (const later of all) {
    const earlier = plain.find((one) => one.rule !== later.rule && contains(one.uri, later.uri));
    if (isPlain(later.match)) plain.push(later);
    if (earlier === undefined) continue;
    yield {
      at,
      path: pathOf(later),
      message: `${uriText(later.uri)} is never reached: rule ${earlier.rule} takes ${uriText(earlier.uri)} first`,
      fix: "put the narrower rule first",
    };
  }
}

function* between(
  first: Routes,
  firsts: readonly RouteMatch[],
  other: Routes,
  others: readonly RouteMatch[],
  inSidecars: boolean,
): Generator<Complaint> {
  for (const one of others) {
    const against = firsts.find(
      (two) =>
        overlap(one.uri, two.uri) &&
        compatible(one.match, two.match) &&
        // At a gateway, Istio puts what takes everything behind all the rest.
        (inSidecars || takesAll(one) === takesAll(two)),
    );
    if (against === undefined) continue;
    yield {
      at: other,
      path: pathOf(one),
      message: `${uriText(one.uri)} and ${uriText(against.uri)} of ${first.title} (${first.where}) match the same requests of one host`,
      fix: "put both rules into one VirtualService, the narrower first",
    };
  }
}

function pathOf({ rule, match, index }: RouteMatch) {
  return match === undefined ? ["spec", "http", rule] : ["spec", "http", rule, "match", index];
}

function gatewaysOf({ spec: { gateways = [] }, namespace }: Routes): readonly string[] {
  if (gateways.length === 0) return [MESH];
  return gateways.map((name) => (name === MESH || name.includes("/") ? name : `${namespace}/${name}`));
}
