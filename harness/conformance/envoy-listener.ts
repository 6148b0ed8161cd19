import type { Case } from "./cases.js";
import { type CaseListener, wasmFilters } from "./envoy-config.js";
import type { NetworkListener } from "./envoy-network.js";
import type { HttpFilter } from "./native.js";
import type { SubjectName } from "./subject.js";

type Fragment = Readonly<Record<string, unknown>>;

/** What a case's listener is made from. */
export interface ListenerOptions {
  readonly subject: SubjectName;
  readonly name: string;
  /** The filter's module; not needed for native ones. */
  readonly wasmFile?: string | undefined;
  readonly jwksPort?: number | undefined;
  /** The case asks for response code details, which Envoy tells to its access log only. */
  readonly details: boolean;
}

/** The listener of a case for one subject: the chain with its filter in it, routes, and what else the case configures. */
export function listenerOf(one: Case, options: ListenerOptions): CaseListener {
  const { name, jwksPort } = options;
  const network = networkOf(one, options);
  const filters = [
    ...(one.before ?? []),
    ...(network === undefined ? subjectFilters(one, options) : []),
    ...(one.after ?? []),
  ] as HttpFilter[];
  const present = new Set(filters.map((filter) => String(filter["name"])));
  const hosts = one.virtualHosts ?? (one.routes && [{ name: "all", routes: one.routes }]);
  return {
    name,
    filters,
    hcm: one.hcm,
    jwksPort,
    network,
    accessLog: one.accessLog?.format ?? (options.details ? "" : undefined),
    ...(hosts && { virtualHosts: hosts.map((host) => completeHost(host, present)) }),
  };
}

/** Whether a request of a case is about response code details. */
export function asksForDetails({ requests }: Case): boolean {
  return requests
    .flatMap(({ expect, native }) => [expect, native])
    .some((expected) => (expected?.details ?? expected?.matches?.details) !== undefined);
}

/** Of a case of connections: what is in front of `tcp_proxy`. */
function networkOf(one: Case, options: ListenerOptions): NetworkListener | undefined {
  if (one.connections.length === 0) return undefined;
  const native = options.subject === "native" ? one.nativeListener : undefined;
  return {
    filters: native === undefined ? subjectFilters(one, options) : [],
    tcp: one.tcp ?? {},
    native,
    proxied: isProxied(one),
    labels: one.labels ?? {},
  };
}

/** Whether it matters to a case where its connections come from, or where they wanted to go. */
export function isProxied({ connections }: Pick<Case, "connections">): boolean {
  return connections.some(({ source, destination }) => (source ?? destination) !== undefined);
}

function subjectFilters(one: Case, { subject, name, wasmFile }: ListenerOptions): readonly object[] {
  if (subject === "native") return one.native ?? [];
  if (wasmFile === undefined) throw new Error(`no module was given for filter ${one.filter}`);
  return wasmFilters(one, wasmFile, name);
}

function completeHost(host: Fragment, present: ReadonlySet<string>): Fragment {
  const routes = (host["routes"] ?? []) as Fragment[];
  return {
    domains: ["*"],
    ...forChain(host, present),
    routes: routes.map((route) => completeRoute(forChain(route, present))),
  };
}

const ACTIONS = ["route", "redirect", "direct_response", "filter_action", "non_forwarding_action"];

function completeRoute(route: Fragment): Fragment {
  const { route: forward, ...rest } = route;
  if (forward === undefined && ACTIONS.some((action) => action in route)) return route;
  const target = forward as Fragment | undefined;
  const chosen = ["cluster", "cluster_header", "weighted_clusters"].some((field) => field in (target ?? {}));
  return { ...rest, route: { ...(!chosen && { cluster: "upstream" }), ...target } };
}

/** Envoy takes what is for a filter that is not there for a mistake; what is for native ones is not for ours. */
function forChain(fragment: Fragment, present: ReadonlySet<string>): Fragment {
  const { typed_per_filter_config: given, ...rest } = fragment;
  const kept = Object.entries((given ?? {}) as Fragment).filter(([name]) => present.has(name));
  return kept.length === 0 ? rest : { ...rest, typed_per_filter_config: Object.fromEntries(kept) };
}
