// SPDX-License-Identifier: Apache-2.0
import { XdsAttributes } from "tremula/assembly";

/** What Istio's control plane calls the cluster of traffic to wherever a client wants. */
const PASSTHROUGH = "PassthroughCluster";

/** Whether a request or a connection leaves the mesh, by the cluster that it goes to. */
export function isExternal(): bool {
  const cluster = XdsAttributes.clusterName;
  if (cluster === null) return false;
  if (cluster.equals(PASSTHROUGH)) return true;
  const metadata = XdsAttributes.clusterMetadata("istio");
  return metadata.bool("external") || metadata.bool("disable_mx");
}
