import { ExitCode, HarnessError } from "../../errors.js";
import { compact, type JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import { needsDirectAddress } from "../plugin.js";
import { strictPeers } from "./strict-peers.js";
import { imageOf, nameOf, object, type MeshOptions } from "./istio.js";

/** The most filters that one EnvoyExtensionPolicy may have. */
const MOST_PLUGINS = 16;

/** An EnvoyExtensionPolicy with all filters, in their order, for the Gateway that the workload is. */
export function envoyExtensionPolicies(plan: Plan, options: MeshOptions): JsonObject[] {
  const { gateway } = plan.options.workload;
  if (gateway === undefined) {
    throw new HarnessError("GATEWAY_UNKNOWN", "an EnvoyExtensionPolicy is for a Gateway", {
      exitCode: ExitCode.usage,
      hint: "say which with --gateway NAME",
    });
  }
  refuseWhatIsNotHttp(plan);
  const own = plan.plugins.filter(({ layer }) => layer === "http");
  const isStrict = plan.peer.workload.mode === "STRICT";
  const http = [...(isStrict ? [strictPeers("tremula-rbac-mtls", "http")] : []), ...own];
  if (http.length > MOST_PLUGINS) throw new Error(`${http.length} plugins are more than ${MOST_PLUGINS}`);
  const wasm = http.map((plugin) => {
    const { url, sha256 } = imageOf(plugin.filter, options);
    const pullSecretRef = options.imagePullSecret === null ? undefined : { name: options.imagePullSecret };
    return {
      name: plugin.name,
      rootID: plugin.rootId,
      failOpen: !plugin.failClosed,
      code: {
        type: "Image",
        pullPolicy: "IfNotPresent",
        image: compact({ url: url.replace(/^oci:\/\//, ""), sha256, pullSecretRef }),
      },
      config: plugin.configuration,
    };
  });
  const spec = {
    targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: gateway }],
    wasm,
  };
  return [
    object("gateway.envoyproxy.io/v1alpha1", "EnvoyExtensionPolicy", nameOf("tremula", plan), plan, spec),
  ];
}

/** Envoy Gateway loads filters of HTTP only, and has no clusters for them to fetch from. */
function refuseWhatIsNotHttp(plan: Plan): void {
  const { plugins, servers, journal, peer } = plan;
  for (const { name, layer } of plugins) {
    if (layer === "network")
      journal.partial(
        null,
        `${name} is a network filter, which Envoy Gateway does not load: connections that are no HTTP are not checked`,
      );
  }
  for (const { uri } of servers) {
    const why = `keys at ${uri}: Envoy Gateway gives a filter no cluster to fetch from; give them with --jwks ${uri}=FILE`;
    journal.partial(null, why);
  }
  if (plugins.some(needsDirectAddress)) {
    const why =
      "ipBlocks and source.ip: Envoy Gateway cannot bring the native filter that keeps the peer's own address";
    journal.partial(null, `${why}; with --remote-is-direct the client's address is taken for it`);
  }
  if (peer.workload.mode === "STRICT") {
    const why =
      "STRICT: a ClientTrafficPolicy (tls.clientValidation) closes connections without a certificate there, and a filter answers with 403";
    journal.partial(peer.workload.by, why);
  }
}
