import { compact, type JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import { imageOf, matchOf, priorities, target, type MeshOptions } from "./istio.js";

/** Values for a chart that writes the resources itself: each filter with its image, its place and its configuration. */
export function helmValues(plan: Plan, options: MeshOptions): JsonObject {
  const byPriority = priorities(plan.plugins);
  const filters = plan.plugins.map((plugin) => {
    const { url, sha256 } = imageOf(plugin.filter, options);
    return compact({
      name: plugin.name,
      image: {
        repository: url.replace(/^oci:\/\//, "").replace(/@sha256:.*$/, ""),
        digest: `sha256:${sha256}`,
      },
      type: plugin.layer === "network" ? "NETWORK" : "HTTP",
      phase: plugin.phase ?? undefined,
      priority: byPriority.get(plugin)!,
      match: matchOf(plugin, plan),
      failStrategy: plugin.failClosed ? options.failStrategy : "FAIL_OPEN",
      pluginName: plugin.rootId,
      pluginConfig: plugin.configuration,
    });
  });
  return { namespace: plan.options.workload.namespace, target: target(plan), filters };
}
