import { compact, type JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import { needsDirectAddress, type Plugin } from "../plugin.js";
import { addressPatches } from "./envoy-filter.js";
import {
  imageOf,
  keyServers,
  matchOf,
  nameOf,
  object,
  pinned,
  priorities,
  target,
  workloadSelector,
  type MeshOptions,
} from "./istio.js";

const API = "extensions.istio.io/v1alpha1";

/** A WasmPlugin for each filter, and what they need besides. */
export function wasmPlugins(plan: Plan, options: MeshOptions): JsonObject[] {
  const byPriority = priorities(plan.plugins);
  const plugins = plan.plugins.map((plugin) =>
    object(API, "WasmPlugin", nameOf(plugin.name, plan), plan, {
      ...target(plan),
      ...placeOf(plugin, plan, byPriority.get(plugin)!),
      ...wasmOf(plugin, options),
    }),
  );
  return [...keyServers(plan), ...addresses(plan), ...plugins];
}

/** The same as TrafficExtensions, which take the place of WasmPlugins. */
export function trafficExtensions(plan: Plan, options: MeshOptions): JsonObject[] {
  const byPriority = priorities(plan.plugins);
  const plugins = plan.plugins.map((plugin) =>
    object(API, "TrafficExtension", nameOf(plugin.name, plan), plan, {
      ...target(plan),
      ...placeOf(plugin, plan, byPriority.get(plugin)!),
      wasm: wasmOf(plugin, options),
    }),
  );
  return [...keyServers(plan), ...addresses(plan), ...plugins];
}

function placeOf(plugin: Plugin, plan: Plan, priority: number): JsonObject {
  return compact({ phase: plugin.phase ?? undefined, priority, match: matchOf(plugin, plan) });
}

function wasmOf(plugin: Plugin, options: MeshOptions): JsonObject {
  const image = imageOf(plugin.filter, options);
  return compact({
    url: pinned(image),
    sha256: image.sha256,
    imagePullPolicy: "IfNotPresent",
    imagePullSecret: options.imagePullSecret ?? undefined,
    type: plugin.layer === "network" ? "NETWORK" : "HTTP",
    failStrategy: plugin.failClosed ? options.failStrategy : "FAIL_OPEN",
    pluginName: plugin.rootId,
    pluginConfig: plugin.configuration,
  });
}

/** A WasmPlugin cannot bring the native filter that keeps the peer's own address; an EnvoyFilter can. */
function addresses(plan: Plan): JsonObject[] {
  if (!plan.plugins.some(needsDirectAddress)) return [];
  const configPatches = addressPatches(plan);
  return [
    object("networking.istio.io/v1alpha3", "EnvoyFilter", nameOf("tremula-addresses", plan), plan, {
      ...workloadSelector(plan),
      priority: -10,
      configPatches,
    }),
  ];
}
