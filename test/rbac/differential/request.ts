import fc from "fast-check";
import { addressOf, mapped } from "./addresses.js";
import type { Literals } from "./literals.js";
import { encodeValue, type Json } from "./metadata-value.js";
import { nearby, nearbyAuthority, nearbyClaim, nearbyPath } from "./nearby.js";

/** A request as it is sent. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The loopback address that it comes from. */
  readonly from: string;
  /** A PROXY protocol line before it, which says other addresses. */
  readonly proxy?: string;
}

/** Which of the literals, and what is done to it so that it is perhaps not one any more. */
interface Choice {
  readonly pick: number;
  readonly change: number;
}

/** A request, as a plan that is about one policy's literals. */
export interface RequestPlan {
  readonly policy: number;
  readonly path: Choice;
  readonly query: string;
  readonly method: Choice;
  readonly authority: Choice;
  readonly headers: readonly (Choice & { readonly twice: boolean })[];
  readonly forwarded: Choice | null;
  readonly from: Choice;
  readonly proxy: { readonly source: Choice; readonly destination: Choice; readonly port: Choice } | null;
  readonly claims: readonly Choice[];
  readonly filterState: Choice | null;
  readonly isGrpc: boolean;
}

const choice: fc.Arbitrary<Choice> = fc.record({
  pick: fc.nat(40),
  change: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(9) }),
});
/** Every other time; the library's `freq` is one nothing in so many. */
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 2, nil: null });

export const requestPlan: fc.Arbitrary<RequestPlan> = fc.record({
  policy: fc.nat(5000),
  path: choice,
  query: fc.constantFrom("", "", "", "", "?", "?a=/admin", "?x=1&y=%2f"),
  method: choice,
  authority: choice,
  headers: fc.array(
    fc.record({
      pick: fc.nat(40),
      change: choice.map(({ change }) => change),
      twice: fc.constantFrom(false, false, false, true),
    }),
    { maxLength: 4 },
  ),
  forwarded: perhaps(choice),
  from: choice,
  proxy: perhaps(fc.record({ source: choice, destination: choice, port: choice })),
  claims: fc.array(choice, { maxLength: 3 }),
  filterState: perhaps(choice),
  isGrpc: fc.nat(20).map((n) => n === 20),
});

const at = <T>(list: readonly T[], { pick }: { readonly pick: number }): T | undefined =>
  list[pick % list.length];

/** Header that `claims` go in, for the native filter that writes metadata. */
export function claimHeader(namespaceIndex: number): string {
  return `x-test-claims-${namespaceIndex}`;
}

/** Likewise for filter state. */
export function filterStateHeader(index: number): string {
  return `x-test-filter-state-${index}`;
}

/** What of requests ends up where filters before the tested one put it. */
export interface Slots {
  /** Namespace and first key of dynamic metadata. */
  readonly claims: readonly (readonly [string, string])[];
  readonly filterState: readonly string[];
}

export function slotsOf({ claims, filterState }: Literals): Slots {
  const texts = claims.map(({ namespace, path }) => JSON.stringify([namespace, path[0]]));
  return {
    claims: [...new Set(texts)].map((text) => JSON.parse(text) as [string, string]),
    filterState: [...new Set(filterState.map(([key]) => key))],
  };
}

/** The request itself. */
export function build(plan: RequestPlan, literals: Literals, slots: Slots): SentRequest {
  const paths = literals.paths.length > 0 ? literals.paths : ["/"];
  const path = encodeUnsafe(nearbyPath(startSlash(at(paths, plan.path)!), plan.path.change));
  const of = (name: string) => literals.headers.filter(([key]) => key === name).map(([, value]) => value);
  const methods = [...of(":method"), "GET", "GET"];
  const method = at(methods, plan.method)!.replace(/[^\w-]/g, "");
  const hosts = [...of(":authority"), ...of(":authority"), "h.example"];
  const host =
    encodeUnsafe(nearbyAuthority(at(hosts, plan.authority)!, plan.authority.change)) || "h.example";
  const { from, proxy } = connectionOf(plan, literals);
  return {
    method: plan.method.change === 3 ? method.toLowerCase() : method || "GET",
    path: path + plan.query,
    headers: [
      ["host", host],
      ...plainHeaders(plan, literals),
      ...claimHeaders(plan, literals, slots),
      ...stateHeaders(plan, literals, slots),
    ],
    from,
    ...(proxy !== undefined && { proxy }),
  };
}

function plainHeaders(plan: RequestPlan, literals: Literals): [string, string][] {
  const known = literals.headers.filter(([name]) => !name.startsWith(":"));
  const headers =
    known.length === 0
      ? []
      : plan.headers.flatMap((one): [string, string][] => {
          const [name, value] = at(known, one)!;
          const sent: [string, string] = [name, clean(nearby(value, one.change))];
          return one.twice ? [sent, [name, clean(nearby(value, (one.change + one.pick) % 9))]] : [sent];
        });
  // A refusal is another one then.
  if (plan.isGrpc) headers.push(["content-type", "application/grpc"]);
  if (plan.forwarded === null) return headers;
  const range = at(
    [...literals.remote, ...literals.source, { address: "10.9.9.9", length: 32 }],
    plan.forwarded,
  )!;
  const address = addressOf(range, plan.forwarded.change);
  const hops =
    plan.forwarded.change === 5
      ? `${address}, 192.0.2.1`
      : plan.forwarded.change === 6
        ? `192.0.2.1, ${address}`
        : address;
  return [...headers, ["x-forwarded-for", plan.forwarded.change === 7 ? "nonsense" : hops]];
}

function connectionOf(plan: RequestPlan, literals: Literals): { from: string; proxy?: string } {
  const { from, source, destination, port } = addressesOf(plan, literals);
  if (plan.proxy === null) return { from };
  const family = source.includes(":") ? 6 : 4;
  return { from, proxy: `PROXY TCP${family} ${source} ${destination} 4000 ${port}\r\n` };
}

/** The loopback address that a connection comes from, and what a proxy says of it: both addresses of one family. */
export function addressesOf(plan: RequestPlan, literals: Literals) {
  const from = `127.0.0.${1 + (plan.from.change === 0 ? 0 : plan.from.pick % 4)}`;
  const first = { pick: 0, change: 0 };
  const { source, destination, port } = plan.proxy ?? { source: first, destination: first, port: first };
  const fallback = { address: "10.8.8.8", length: 32 };
  const sources = [...literals.source, ...literals.direct, ...literals.remote];
  const there = addressOf(at(sources, source) ?? fallback, source.change);
  const here = addressOf(at(literals.destination, destination) ?? fallback, destination.change);
  const number = ((at(literals.ports, port) ?? 80) + [0, 1, 65535][port.change % 3]!) % 65536;
  const six = there.includes(":") || here.includes(":");
  return { from, source: six ? mapped(there) : there, destination: six ? mapped(here) : here, port: number };
}

function claimHeaders(plan: RequestPlan, literals: Literals, slots: Slots): [string, string][] {
  return claimValues(plan, literals, slots).flatMap((value, index): [string, string][] =>
    value === undefined ? [] : [[claimHeader(index), encodeValue(value).toString("base64")]],
  );
}

/** Where only texts can be written: the claims that are such, null for the others. */
export function claimTexts(plan: RequestPlan, literals: Literals, slots: Slots): (string | null)[] {
  return claimValues(plan, literals, slots).map((value) => (typeof value === "string" ? value : null));
}

/** What goes in each slot. */
function claimValues(plan: RequestPlan, { claims }: Literals, slots: Slots): (Json | undefined)[] {
  const roots = new Map<string, Json>();
  for (const one of claims.length > 0 ? plan.claims : []) {
    const claim = at(claims, one)!;
    const root = JSON.stringify([claim.namespace, claim.path[0]]);
    roots.set(root, withClaim(roots.get(root), claim.path.slice(1), nearbyClaim(claim, one.change)));
  }
  return slots.claims.map((slot) => roots.get(JSON.stringify(slot)));
}

function withClaim(base: Json | undefined, path: readonly string[], value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const before =
    typeof base === "object" && base !== null && !Array.isArray(base) ? (base as Record<string, Json>) : {};
  return { ...before, [key]: withClaim(before[key], rest, value) };
}

function stateHeaders(
  { filterState: choice }: RequestPlan,
  { filterState }: Literals,
  slots: Slots,
): [string, string][] {
  if (choice === null || filterState.length === 0) return [];
  const [key, value] = at(filterState, choice)!;
  return [[filterStateHeader(slots.filterState.indexOf(key)), clean(nearby(value, choice.change))]];
}

const startSlash = (path: string) => (path.startsWith("/") ? path : `/${path}`);
const encodeUnsafe = (text: string) => text.replace(/[^\x21-\x7e]/g, encodeURIComponent).replaceAll("#", "");
/** Envoy trims values, and refuses what is not in them. */
const clean = (text: string) => text.replace(/[^\x20-\x7e]/g, "").trim();
