import type { JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import { needsDirectAddress, type Plugin } from "../plugin.js";
import { ADDRESS_FILTER } from "./addresses.js";
import { imageOf, keyServers, nameOf, object, pinned, workloadSelector, type MeshOptions } from "./istio.js";
import { TYPE, wasmFilter } from "./wasm.js";

const HTTP_MANAGER = "envoy.filters.network.http_connection_manager";
const TCP_PROXY = "envoy.filters.network.tcp_proxy";
const ROUTER = "envoy.filters.http.router";

/**
 * One EnvoyFilter with all filters, in their order, right in front of the router or of the TCP proxy. Each is discovered (ECDS),
 * since then Istio's agent fetches the image; until it has, and when it cannot, requests are refused.
 */
export function envoyFilters(plan: Plan, options: MeshOptions): JsonObject[] {
  const inserted = plan.plugins.flatMap((plugin) =>
    contexts(plugin, plan).map((context) => insert(plugin, context)),
  );
  const configPatches = [
    ...(plan.plugins.some(needsDirectAddress) ? addressPatches(plan) : []),
    ...inserted,
    ...plan.plugins.map((plugin) => extension(plugin, options)),
  ];
  const name = nameOf("tremula", plan);
  return [
    ...keyServers(plan),
    object("networking.istio.io/v1alpha3", "EnvoyFilter", name, plan, {
      ...workloadSelector(plan),
      // Without one, istioctl warns (IST0151, IST0155) that the order depends on names.
      priority: 10,
      configPatches,
    }),
  ];
}

/** The native network filter that keeps the peer's own address, in every chain in which a filter asks for it. */
export function addressPatches(plan: Plan): JsonObject[] {
  const asking = plan.plugins.filter(needsDirectAddress);
  const chains = new Set(asking.map(({ layer }) => (layer === "http" ? HTTP_MANAGER : TCP_PROXY)));
  return [...chains].map((name) => ({
    applyTo: "NETWORK_FILTER",
    match: {
      context: plan.options.isGateway ? "GATEWAY" : "SIDECAR_INBOUND",
      listener: { filterChain: { filter: { name } } },
    },
    patch: { operation: "INSERT_BEFORE", value: ADDRESS_FILTER },
  }));
}

function contexts({ direction }: Plugin, { options }: Plan): string[] {
  if (options.isGateway) return ["GATEWAY"];
  return [direction === "inbound" ? "SIDECAR_INBOUND" : "SIDECAR_OUTBOUND"];
}

function insert({ name, layer }: Plugin, context: string): JsonObject {
  const isHttp = layer === "http";
  const type = `${TYPE}/envoy.extensions.filters.${layer}.wasm.v3.Wasm`;
  const filter = isHttp ? { name: HTTP_MANAGER, subFilter: { name: ROUTER } } : { name: TCP_PROXY };
  return {
    applyTo: isHttp ? "HTTP_FILTER" : "NETWORK_FILTER",
    match: { context, listener: { filterChain: { filter } } },
    patch: {
      operation: "INSERT_BEFORE",
      value: {
        name,
        config_discovery: {
          // Traffic waits for the filter, however long its image takes.
          config_source: { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" },
          type_urls: [type],
        },
      },
    },
  };
}

function extension(plugin: Plugin, options: MeshOptions): JsonObject {
  const image = imageOf(plugin.filter, options);
  const code = {
    remote: {
      // The agent fetches it; Envoy never uses the cluster, and has to have a name.
      http_uri: { uri: pinned(image), cluster: "_", timeout: "30s" },
      sha256: image.sha256,
    },
  };
  const { name, typed_config: typedConfig } = wasmFilter(plugin, code) as {
    name: string;
    typed_config: { "@type": string; config: JsonObject };
  };
  const { "@type": type, ...value } = typedConfig;
  const typedStruct = { "@type": `${TYPE}/udpa.type.v1.TypedStruct`, type_url: type, value };
  return {
    applyTo: "EXTENSION_CONFIG",
    patch: { operation: "ADD", value: { name, typed_config: typedStruct } },
  };
}
