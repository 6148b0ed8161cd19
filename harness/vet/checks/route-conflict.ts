import { VirtualService, type Resource, type VirtualServiceSpec } from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import { fullHost } from "../hosts.js";
import {
  compatible,
  contains,
  isPlain,
  matchesOf,
  overlap,
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
    const hosts = new Map<string, Set<Routes>>();
    for (const at of mesh.resources.of(VirtualService)) {
      matches.set(at, matchesOf(at.spec.http ?? []));
      yield* shadowed(at, matches.get(at) ?? []);
      for (const host of at.spec.hosts ?? [])
        for (const gateway of gatewaysOf(at)) {
          const key = `${gateway} ${fullHost(host, at.namespace)}`;
          hosts.set(key, (hosts.get(key) ?? new Set()).add(at));
        }
    }
    const seen = new Set<string>();
    for (const same of hosts.values())
      for (const [first, other] of pairs([...same])) {
        const key = `${first.where} ${other.where}`;
        if (seen.has(key)) continue;
        seen.add(key);
        yield* between(first, matches.get(first) ?? [], other, matches.get(other) ?? []);
      }
  },
};

/** Rules that an earlier one of the same VirtualService leaves nothing for. */
function* shadowed(at: Routes, all: readonly RouteMatch[]): Generator<Complaint> {
  for (const [index, later] of all.entries()) {
    const earlier = all
      .slice(0, index)
      .find((one) => one.rule !== later.rule && isPlain(one.match) && contains(one.uri, later.uri));
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
): Generator<Complaint> {
  for (const one of others) {
    const against = firsts.find((two) => overlap(one.uri, two.uri) && compatible(one.match, two.match));
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
  if (gateways.length === 0) return ["mesh"];
  return gateways.map((name) => (name === "mesh" || name.includes("/") ? name : `${namespace}/${name}`));
}

function* pairs<Item>(items: readonly Item[]): Generator<[Item, Item]> {
  for (const [index, item] of items.entries())
    for (const other of items.slice(index + 1)) yield [item, other];
}
