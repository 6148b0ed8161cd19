// SPDX-License-Identifier: Apache-2.0
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";
import { Metadata } from "./metadata";

enum Names {
  Unknown,
  /** Below `xds`, which Envoy has had since 1.25. */
  Xds,
  /** At the top level, where they were until 1.33 (envoyproxy/envoy#36619). */
  Legacy,
}

let names: Names = Names.Unknown;

/** An attribute that older Envoys have under another name: which names there are is found out once for the VM. */
@final
class Renamed {
  constructor(
    private readonly xds: Property,
    private readonly legacy: Property,
  ) {}

  get property(): Property {
    if (names == Names.Unknown) names = XDS_NODE.get() !== null ? Names.Xds : Names.Legacy;
    return names == Names.Xds ? this.xds : this.legacy;
  }
}

// @ts-ignore: decorator
@lazy
const XDS_NODE = new Property("xds", "node");
// @ts-ignore: decorator
@lazy
const NODE = new Renamed(XDS_NODE, new Property("node"));
// @ts-ignore: decorator
@lazy
const CLUSTER_NAME = new Renamed(new Property("xds", "cluster_name"), new Property("cluster_name"));
// @ts-ignore: decorator
@lazy
const CLUSTER_METADATA = new Renamed(
  new Property("xds", "cluster_metadata"),
  new Property("cluster_metadata"),
);
// @ts-ignore: decorator
@lazy
const ROUTE_NAME = new Renamed(new Property("xds", "route_name"), new Property("route_name"));
// @ts-ignore: decorator
@lazy
const ROUTE_METADATA = new Renamed(new Property("xds", "route_metadata"), new Property("route_metadata"));
// @ts-ignore: decorator
@lazy
const HOST_METADATA = new Renamed(
  new Property("xds", "upstream_host_metadata"),
  new Property("upstream_host_metadata"),
);
// @ts-ignore: decorator
@lazy
const LISTENER_METADATA = new Renamed(
  new Property("xds", "listener_metadata"),
  new Property("listener_metadata"),
);
// @ts-ignore: decorator
@lazy
const LISTENER_DIRECTION = new Renamed(
  new Property("xds", "listener_direction"),
  new Property("listener_direction"),
);
// @ts-ignore: decorator
@lazy
const VIRTUAL_HOST_NAME = new Property("xds", "virtual_host_name");
// @ts-ignore: decorator
@lazy
const VIRTUAL_HOST_METADATA = new Property("xds", "virtual_host_metadata");
// @ts-ignore: decorator
@lazy
const LOCALITY_METADATA = new Property("xds", "upstream_host_locality_metadata");
// @ts-ignore: decorator
@lazy
const FILTER_CHAIN_NAME = new Property("xds", "filter_chain_name");

/** Which way a listener faces (`envoy.config.core.v3.TrafficDirection`). */
export enum TrafficDirection {
  Unspecified = 0,
  Inbound = 1,
  Outbound = 2,
}

/**
 * What of Envoy's configuration a stream has met (its "Configuration attributes"). Metadata is asked for by namespace. The
 * node is there in plugin contexts too, all else in streams only.
 */
export abstract class XdsAttributes {
  /** A serialized `envoy.config.core.v3.Node`; `nodeId` and `nodeMetadata` read parts of it. */
  static get node(): Bytes | null {
    return NODE.property.get();
  }

  /** `id` of the node. */
  static get nodeId(): Bytes | null {
    return NODE.property.at("id").get();
  }

  /** The node's metadata, which has no namespaces. */
  static get nodeMetadata(): Metadata {
    return new Metadata(NODE.property.at("metadata"));
  }

  /** Cluster that the request goes to; once the route is known. */
  static get clusterName(): Bytes | null {
    return CLUSTER_NAME.property.get();
  }

  /** Metadata of that cluster under a namespace, which is often the name of a filter; likewise below. */
  static clusterMetadata<N>(namespace: N): Metadata {
    return below<N>(CLUSTER_METADATA.property, namespace);
  }

  /** Name of the route; empty when it has none. */
  static get routeName(): Bytes | null {
    return ROUTE_NAME.property.get();
  }

  /** Metadata of that route. */
  static routeMetadata<N>(namespace: N): Metadata {
    return below<N>(ROUTE_METADATA.property, namespace);
  }

  /** Name of the virtual host that the route is in. Envoy 1.33 and later. */
  static get virtualHostName(): Bytes | null {
    return VIRTUAL_HOST_NAME.get();
  }

  /** Envoy 1.33 and later. */
  static virtualHostMetadata<N>(namespace: N): Metadata {
    return below<N>(VIRTUAL_HOST_METADATA, namespace);
  }

  /** Of the host that the request was sent to; once it was. */
  static hostMetadata<N>(namespace: N): Metadata {
    return below<N>(HOST_METADATA.property, namespace);
  }

  /** Of the locality of that host. Envoy 1.33 and later. */
  static localityMetadata<N>(namespace: N): Metadata {
    return below<N>(LOCALITY_METADATA, namespace);
  }

  /** Name of the filter chain that the connection came in by; empty when it has none. */
  static get filterChainName(): Bytes | null {
    return FILTER_CHAIN_NAME.get();
  }

  /** Metadata of the listener. */
  static listenerMetadata<N>(namespace: N): Metadata {
    return below<N>(LISTENER_METADATA.property, namespace);
  }

  /** `Unspecified` when the configuration does not say. Not to be read in `onConfigure` (envoyproxy/envoy#40486). */
  static get listenerDirection(): TrafficDirection {
    return <TrafficDirection>(<i32>LISTENER_DIRECTION.property.getInt(0));
  }
}

function below<N>(message: Property, namespace: N): Metadata {
  return new Metadata(message.at("filter_metadata").at<N>(namespace));
}
