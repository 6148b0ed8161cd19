import { Double, type PropertyMap, type PropertyValue } from "./property-value.js";

/** What `google.protobuf.Struct` holds. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * Metadata as Envoy has it, from its namespaces in JSON: what a native filter has written, or what a route, a cluster or a
 * listener says. Its numbers are doubles, all of them.
 *
 * @example stream.setProperty(["xds", "route_metadata"], metadata({ "my.filter": { tier: 3 } }))
 */
export function metadata(namespaces: Readonly<Record<string, Json>>): PropertyMap {
  return { filter_metadata: struct(namespaces) };
}

/** A value of a struct. */
export function structValue(value: Json): PropertyValue {
  if (typeof value === "number") return new Double(value);
  if (typeof value !== "object" || value === null) return value;
  return isArray(value) ? value.map(structValue) : struct(value);
}

function struct(fields: Readonly<Record<string, Json>>): PropertyMap {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, structValue(value)]));
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
