import { readableJson, type JsonObject } from "../json.js";
import type { Plugin } from "../plugin.js";

/** Where Envoy's types are named. */
export const TYPE = "type.googleapis.com";

/** A message of Envoy's with its type. */
export function typed(type: string, members: JsonObject = {}): JsonObject {
  return { "@type": `${TYPE}/${type}`, ...members };
}

/**
 * Envoy's `PluginConfig` for a plugin.
 *
 * @param code Envoy's `AsyncDataSource`
 */
export function pluginConfig(plugin: Plugin, code: JsonObject): JsonObject {
  const { name, rootId, filter, failClosed, configuration } = plugin;
  return {
    name,
    root_id: rootId,
    // A VM that traps is replaced. Until then a filter that decides lets nothing through, and one that counts everything.
    failure_policy: failClosed ? "FAIL_RELOAD" : "FAIL_OPEN",
    vm_config: { vm_id: filter, runtime: "envoy.wasm.runtime.v8", code },
    // As text: Envoy hands a google.protobuf.Struct over as protobuf, not as JSON.
    configuration: typed("google.protobuf.StringValue", { value: readableJson(configuration) }),
  };
}

/** The filter of Envoy's chain that runs a plugin. */
export function wasmFilter(plugin: Plugin, code: JsonObject): JsonObject {
  const type = `envoy.extensions.filters.${plugin.layer}.wasm.v3.Wasm`;
  return { name: plugin.name, typed_config: typed(type, { config: pluginConfig(plugin, code) }) };
}

/** Names of DNS and addresses are reached by different kinds of clusters. */
export function isAddress(host: string): boolean {
  return /^[0-9.]+$|^\[?[0-9a-f:.]*:[0-9a-f:.]*\]?$/i.test(host);
}
