import type { Context } from "./context.js";
import { Status } from "./enums.js";
import { childOf, encodeValue, type PropertyValue } from "./property-value.js";

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
  const [first, ...rest] = parts;
  if (first === undefined) return Status.SerializationFailure;
  if (rest.length === 0 && context.streamInfo !== null && UNLISTED.has(first))
    return Status.SerializationFailure;
  const found =
    fromTest(context, parts) ??
    (first === "filter_state" ? filterState(context, rest) : below(topLevel(context, first), rest));
  return found === undefined ? Status.NotFound : encodeValue(found);
}

function fromTest(context: Context, parts: readonly string[]): PropertyValue | undefined {
  const set = context.streamInfo?.properties ?? context.root.properties;
  if (set.size === 0) return undefined;
  for (let length = parts.length; length > 0; length--) {
    const value = set.get(parts.slice(0, length).join("\0"));
    if (value !== undefined) return below(value, parts.slice(length));
  }
  return undefined;
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
