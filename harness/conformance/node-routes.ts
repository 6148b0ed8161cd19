import { Double, type HttpStream, type PropertyMap, type PropertyValue } from "../host/index.js";
import type { Case, CaseRequest } from "./cases.js";

/** A route that the in-process host does not know how to choose. */
export class UnsupportedMatch extends Error {}

/** What filters can see of the route that a request takes. */
export interface ChosenRoute {
  readonly name: string;
  readonly virtualHost: string;
  readonly metadata: PropertyMap | undefined;
  readonly cluster: string;
}

type Fragment = Readonly<Record<string, unknown>>;

/**
 * The route of a request among those of its case, by path only.
 *
 * @returns undefined when the case has no routes of its own
 * @throws {UnsupportedMatch} when a route is chosen by something else, or there is none
 */
export function routeOf(one: Case, { path }: Pick<CaseRequest, "path">): ChosenRoute | undefined {
  const [host, ...others] = one.virtualHosts ?? (one.routes && [{ name: "all", routes: one.routes }]) ?? [];
  if (host === undefined) return undefined;
  if (others.length > 0) throw new UnsupportedMatch("the in-process host has one virtual host");
  const routes = (host["routes"] ?? []) as Fragment[];
  const found = routes.find(({ match }) => matches((match ?? {}) as Fragment, path.replace(/[?#].*$/s, "")));
  if (found === undefined)
    throw new UnsupportedMatch("the in-process host has no answer where no route matches");
  return {
    name: textOr(found["name"], ""),
    virtualHost: textOr(host["name"], ""),
    metadata: found["metadata"] === undefined ? undefined : (withDoubles(found["metadata"]) as PropertyMap),
    cluster: clusterOf(found),
  };
}

function clusterOf(route: Fragment): string {
  const other = Object.keys(route).find((name) =>
    ["redirect", "direct_response", "filter_action"].includes(name),
  );
  if (other !== undefined) throw new UnsupportedMatch(`the in-process host has no routes with ${other}`);
  return textOr(((route["route"] ?? {}) as Fragment)["cluster"], "upstream");
}

function matches(match: Fragment, path: string): boolean {
  const [kind, ...others] = Object.keys(match);
  const stranger = [kind, ...others].find(
    (name) => !["prefix", "path", "path_separated_prefix"].includes(name ?? ""),
  );
  if (stranger !== undefined)
    throw new UnsupportedMatch(`the in-process host does not match routes by ${stranger}`);
  const text = String(match[kind ?? ""]);
  if (kind === "prefix") return path.startsWith(text);
  return path === text || (kind === "path_separated_prefix" && path.startsWith(`${text}/`));
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

/** Gives a stream the attributes that come from its route. */
export function describeRoute(stream: HttpStream, route: ChosenRoute | undefined): void {
  if (route === undefined) return;
  stream.setProperty(["xds", "route_name"], route.name);
  stream.setProperty(["xds", "cluster_name"], route.cluster);
  stream.setProperty(["xds", "virtual_host_name"], route.virtualHost);
  stream.setProperty(["xds", "route_metadata"], route.metadata ?? { filter_metadata: {} });
}

/** Gives a stream what filters in front of ours would have set. */
export function prepareStream(stream: HttpStream, { inProcess }: Case): void {
  for (const [path, value] of Object.entries(inProcess?.properties ?? {})) {
    const metadata = path === "metadata" || path.startsWith("metadata.");
    stream.setProperty(path.split("."), (metadata ? withDoubles(value) : value) as PropertyValue);
  }
  for (const [key, value] of Object.entries(inProcess?.filterState ?? {})) stream.setFilterState(key, value);
}

/** Numbers in Envoy's metadata are doubles. */
function withDoubles(value: unknown): unknown {
  if (typeof value === "number") return new Double(value);
  if (Array.isArray(value)) return value.map(withDoubles);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withDoubles(one)]));
}
