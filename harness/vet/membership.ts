import { proxyOf, type LabelMap, type Workload } from "./workload.js";

const INJECT = "sidecar.istio.io/inject";
const MODE = "istio.io/dataplane-mode";
const REVISION = "istio.io/rev";

/**
 * Whether a workload has, or will get, a sidecar. A pod that runs has the one that it has: a revision's label is looked at
 * only for what makes pods.
 *
 * @param namespace the labels of its namespace; undefined when that was not given
 */
export function hasSidecar(workload: Workload, namespace: LabelMap = {}): boolean {
  if (proxyOf(workload) !== undefined) return true;
  // The injector leaves pods in the node's own network alone.
  if (workload.pod.hostNetwork === true) return false;
  const own = workload.labels[INJECT] ?? workload.annotations[INJECT];
  if (own !== undefined) return own === "true";
  const injection = namespace["istio-injection"];
  if (injection !== undefined) return injection === "enabled";
  const isRevised = Boolean(workload.labels[REVISION] ?? namespace[REVISION]);
  return isRevised && !workload.isPod;
}

/** Whether a workload without a sidecar is in the ambient mesh: as a pod that runs tells, or by its labels. */
export function isAmbient(workload: Workload, namespace: LabelMap = {}): boolean {
  if (workload.isPod) return workload.annotations["ambient.istio.io/redirection"] === "enabled";
  if (hasSidecar(workload, namespace) || workload.pod.hostNetwork === true) return false;
  return (workload.labels[MODE] ?? namespace[MODE]) === "ambient";
}

/** Whether it is in the mesh, as far as can be told: of a namespace that was not given, anything may be. */
export function mayBeInMesh(workload: Workload, namespace: LabelMap | undefined): boolean {
  if (hasSidecar(workload, namespace)) return true;
  if (workload.pod.hostNetwork === true) return false;
  if ((workload.labels[INJECT] ?? workload.annotations[INJECT]) !== undefined) return false;
  if (namespace === undefined) return true;
  const isRevised = namespace[REVISION] !== undefined && namespace["istio-injection"] === undefined;
  return isRevised || namespace[MODE] === "ambient" || isAmbient(workload, namespace);
}
