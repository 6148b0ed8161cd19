// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

// How Istio's control plane calls what is not in the mesh's registry. Routes: HTTP that is blocked has no cluster, so that
// only its route tells. Clusters: TCP has no route.

export const BLACK_HOLE: string = "BlackHoleCluster";
export const PASSTHROUGH: string = "PassthroughCluster";
/** Passthrough by a name that a dynamic forward proxy resolves; Istio's own telemetry takes it for any service. */
const DYNAMIC_DNS: string = "AllowAnyDynamicDNSCluster";
const INBOUND: StaticArray<string> = [
  "InboundPassthroughCluster",
  "InboundPassthroughClusterIpv4",
  "InboundPassthroughClusterIpv6",
];

/** The service's name that a route stands for; empty for others. */
export function serviceOfRoute(route: Bytes): Bytes {
  if (route.equals("block_all")) return Bytes.of(BLACK_HOLE);
  if (route.equals("allow_any") || route.equals("allow_any_dynamic_dns")) return Bytes.of(PASSTHROUGH);
  return Bytes.EMPTY;
}

/** The service's name that a cluster stands for; empty for others. */
export function serviceOfCluster(cluster: Bytes): Bytes {
  if (cluster.equals(BLACK_HOLE) || cluster.equals(PASSTHROUGH)) return cluster;
  if (cluster.equals(DYNAMIC_DNS)) return Bytes.of(PASSTHROUGH);
  for (let i = 0; i < INBOUND.length; i++) if (cluster.equals(unchecked(INBOUND[i]))) return cluster;
  return Bytes.EMPTY;
}
