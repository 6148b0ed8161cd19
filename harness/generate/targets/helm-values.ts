import { compact, unlessEmpty, type JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import { needsDirectAddress } from "../plugin.js";
import { imageOf, matchOf, nameOf, priorities, target, type MeshOptions } from "./istio.js";

/** Values for a chart that writes the resources itself: each filter with its image, its place and its configuration. */
export function helmValues(plan: Plan, options: MeshOptions): JsonObject {
  const byPriority = priorities(plan.plugins);
  const filters = plan.plugins.map((plugin) => {
    const { url, sha256 } = imageOf(plugin.filter, options);
    return compact({
      name: nameOf(plugin.name, plan),
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
  const layers = [...new Set(plan.plugins.filter(needsDirectAddress).map(({ layer }) => layer))];
  return compact({
    namespace: plan.options.workload.namespace,
    target: target(plan),
    gateway: plan.options.isGateway ? true : undefined,
    imagePullSecret: options.imagePullSecret ?? undefined,
    // The filters fetch from these; each needs a ServiceEntry, and with TLS a DestinationRule.
    keyServers: unlessEmpty(plan.servers.map(({ host, port, isTls }) => ({ host, port, tls: isTls }))),
    // An EnvoyFilter of this name has to keep the peer's own address for filters of these layers.
    directAddress: unlessEmpty(layers),
    directAddressName: layers.length > 0 ? nameOf("tremula-addresses", plan) : undefined,
    filters,
  });
}
