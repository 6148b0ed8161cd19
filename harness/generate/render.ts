import { HarnessError } from "../errors.js";
import { remarkText } from "./journal.js";
import type { JsonObject } from "./json.js";
import { yamlOf } from "./yaml.js";
import type { Plan } from "./plan/index.js";
import { envoyBootstrap, type EnvoyOptions } from "./targets/envoy.js";
import { envoyFilters } from "./targets/envoy-filter.js";
import { envoyExtensionPolicies } from "./targets/envoy-gateway.js";
import { helmValues } from "./targets/helm-values.js";
import { guardsHostEnds, guardsPaths } from "./secure-ingress/index.js";
import { istioCluster, type MeshOptions } from "./targets/istio.js";
import { istioSecurity } from "./targets/istio-security.js";
import { trafficExtensions, wasmPlugins } from "./targets/wasm-plugin.js";

/** What configuration can be written for. */
export const TARGETS = [
  "envoy",
  "envoyfilter",
  "wasmplugin",
  "trafficextension",
  "envoygateway",
  "helm-values",
  "istio",
] as const;
export type Target = (typeof TARGETS)[number];

/** What a target has to know besides what is enforced. */
export interface RenderOptions extends EnvoyOptions, MeshOptions {
  readonly allowPartial: boolean;
}

/** Names the cluster of a server with keys as the target does. */
export function clusterNamer(target: Target): (host: string, port: number) => string {
  if (target === "envoy") return (host, port) => `keys-${host}-${port}`;
  return istioCluster;
}

/**
 * A plan as YAML for a target.
 *
 * @throws HarnessError when not all of it can be enforced exactly, and that is not allowed
 */
export function render(plan: Plan, target: Target, options: RenderOptions): string {
  if (plan.plugins.length === 0 && plan.peer.workload.by === null && plan.peer.ports.size === 0) {
    plan.journal.remark(null, "no resource is for this workload: nothing is checked, and nothing counted");
  }
  leaveToOthers(plan, target, options);
  doubtPaths(plan, target, options);
  doubtHosts(plan, target);
  const text = write(plan, target, options);
  const { inexact } = plan.journal;
  if (inexact.length > 0 && !options.allowPartial) {
    throw new HarnessError(
      "NOT_EXACT",
      `what the resources say cannot be enforced exactly:\n${inexact.map(remarkText).join("\n")}`,
      { hint: "--allow-partial generates all the same, and lists it" },
    );
  }
  return text;
}

function write(plan: Plan, target: Target, options: RenderOptions): string {
  switch (target) {
    case "envoy":
      return envoyBootstrap(plan, options);
    case "envoyfilter":
      return documents(envoyFilters(plan, options));
    case "wasmplugin":
      return documents(wasmPlugins(plan, options));
    case "trafficextension":
      return documents(trafficExtensions(plan, options));
    case "envoygateway":
      return documents(envoyExtensionPolicies(plan, options));
    case "helm-values":
      return documents([helmValues(plan, options)]);
    case "istio":
      return documents(istioSecurity(plan, options.pathNormalization));
  }
}

function documents(objects: readonly JsonObject[]): string {
  return objects.map(yamlOf).join("---\n");
}

/** The filters decode no letters: without normalization in front of them a guarded path is open as `/%61dmin`. */
function doubtPaths({ ingress, journal }: Plan, target: Target, { pathNormalization }: RenderOptions): void {
  if (target === "istio" || pathNormalization !== "NONE") return;
  for (const resource of ingress?.resources.filter(guardsPaths) ?? []) {
    const why =
      "mode require without any normalization of paths (--path-normalization NONE): /%61dmin is not /admin there. " +
      "Write mode exempt, or ambiguousPaths: allow";
    journal.partial(resource, why);
  }
}

/** Only in their strict mode do the filters take a port off before they compare. */
function doubtHosts({ ingress, journal, options: { mode } }: Plan, target: Target): void {
  if (target !== "istio" && mode === "strict") return;
  for (const resource of ingress?.resources.filter(guardsHostEnds) ?? []) {
    const why =
      "mode require with a host like *.example.com: Host: a.example.com:443 is not one of them, for a pattern has one asterisk. " +
      "Name the hosts, or write mode exempt";
    journal.partial(resource, why);
  }
}

/** What the target's control plane does by itself, and what there is nobody for. */
function leaveToOthers({ journal, peer, log, ingress }: Plan, target: Target, { tls }: RenderOptions): void {
  if (target !== "envoy" && ingress?.cors) {
    const why =
      "cors is left to the route: corsPolicy of a VirtualService, cors of Envoy Gateway's SecurityPolicy";
    journal.remark(ingress.cors, why);
  }
  const isMesh = target !== "envoy" && target !== "envoygateway";
  const modes = [peer.workload, ...peer.ports.values()];
  if (isMesh) {
    if (modes.some(({ by }) => by !== null)) {
      journal.remark(
        null,
        "left to Istio: mutual TLS, which is decided before any filter runs; apply PeerAuthentication as it is",
      );
    }
    if (log) journal.remark(log.by, "left to Istio: the access log; apply it as it is");
    return;
  }
  if (target === "envoygateway" || tls !== null) return;
  if (modes.some(({ mode }) => mode === "STRICT")) {
    journal.remark(
      null,
      "mutual TLS is required, and there are no certificates: nobody comes in without --tls FOLDER",
    );
  }
  if (modes.some(({ mode, by }) => mode === "PERMISSIVE" && by !== null)) {
    journal.remark(null, "without --tls FOLDER only the half of PERMISSIVE that is no TLS is served");
  }
}
