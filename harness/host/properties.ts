import type { Context } from "./context.js";
import { Status } from "./enums.js";
import { childOf, encodeValue, isMap, type PropertyValue } from "./property-value.js";

/** Envoy can look into these and cannot list them. */
const UNLISTED = new Set([
  ...["request", "response", "connection", "upstream", "source", "destination", "xds"],
  "filter_state",
]);

/**
 * A property by its path, whose parts are joined by NUL (Envoy: Context::getProperty). What the test has set wins, then
 * Envoy's attributes, then the plugin's own, then what filters have set.
 */
export function readProperty(context: Context, path: string): Uint8Array | Status {
  const parts = path.split("\0");
  // The C++ SDK ends a path with NUL.
  if (parts.at(-1) === "") parts.pop();
  const [first] = parts;
  if (first === undefined) return Status.SerializationFailure;
  if (parts.length === 1 && context.streamInfo !== null && UNLISTED.has(first))
    return Status.SerializationFailure;
  const found = findProperty(context, parts);
  return found === undefined ? Status.NotFound : encodeValue(found);
}

/** The value at a path of one name at least; undefined when there is none. */
export function findProperty(context: Context, parts: readonly string[]): PropertyValue | undefined {
  const [first = "", ...rest] = parts;
  const found =
    fromTest(context, parts) ??
    (first === "filter_state" ? filterState(context, rest) : below(topLevel(context, first), rest));
  return overlaid(context, parts, found);
}

function fromTest(context: Context, parts: readonly string[]): PropertyValue | undefined {
  const set = setByTest(context);
  if (set.size === 0) return undefined;
  for (let length = parts.length; length > 0; length--) {
    const value = set.get(parts.slice(0, length).join("\0"));
    if (value !== undefined) return below(value, parts.slice(length));
  }
  return undefined;
}

/** A map with what the test has set inside of it. */
function overlaid(
  context: Context,
  parts: readonly string[],
  value: PropertyValue | undefined,
): PropertyValue | undefined {
  const inside = `${parts.join("\0")}\0`;
  for (const [path, set] of setByTest(context)) {
    if (path.startsWith(inside)) value = withChild(value, path.slice(inside.length).split("\0"), set);
  }
  return value;
}

function withChild(
  value: PropertyValue | undefined,
  [name, ...rest]: readonly string[],
  set: PropertyValue,
): PropertyValue {
  if (name === undefined) return set;
  const map = value !== undefined && isMap(value) ? value : {};
  const child = Object.hasOwn(map, name) ? map[name] : undefined;
  return { ...map, [name]: withChild(child, rest, set) };
}

function setByTest(context: Context): ReadonlyMap<string, PropertyValue> {
  return context.streamInfo?.properties ?? context.root.properties;
}

function topLevel(context: Context, name: string): PropertyValue | undefined {
  const { streamInfo, root, vm } = context;
  if (name === "xds") return { node: vm.host.node, ...asMap(streamInfo?.attributes(name, context)) };
  const attribute = streamInfo?.attributes(name, context);
  if (attribute !== undefined) return attribute;
  if (name === "plugin_name") return root.plugin.name;
  if (name === "plugin_root_id") return root.plugin.rootId;
  if (name === "plugin_vm_id") return vm.vmId;
  return streamInfo?.filterState(`wasm.${name}`);
}

function filterState(context: Context, parts: readonly string[]): PropertyValue | undefined {
  const [key, ...rest] = parts;
  return key === undefined ? undefined : below(context.streamInfo?.filterState(key), rest);
}

function asMap(value: PropertyValue | undefined): Record<string, PropertyValue> {
  return (value ?? {}) as Record<string, PropertyValue>;
}

function below(value: PropertyValue | undefined, parts: readonly string[]): PropertyValue | undefined {
  for (const part of parts) {
    if (value === undefined) return undefined;
    value = childOf(value, part);
  }
  return value;
}
