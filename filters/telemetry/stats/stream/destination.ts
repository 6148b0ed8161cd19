// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  ConnectionAttributes,
  DestinationAttributes,
  RequestAttributes,
  XdsAttributes,
} from "tremula/assembly";
import { StatsConfig } from "../config/stats-config";
import { BLACK_HOLE, serviceOfRoute } from "../labels/blocked";
import { Clusters } from "../labels/clusters";
import { UNKNOWN, Reporter } from "../labels/label";
import { UNKNOWN_SERVICE } from "../labels/services";
import { Tables } from "../labels/tables";

/** Finds the service that a stream is for, by Istio's rules, of which the first that applies decides. */
@final
export class Destination {
  readonly clusters: Clusters;

  constructor(
    private readonly config: StatsConfig,
    private readonly tables: Tables,
  ) {
    this.clusters = new Clusters(tables.services);
  }

  /**
   * Of a request, by the route's name, the cluster, and what the client has asked for.
   *
   * @param given the host, where its header cannot be read
   */
  ofRequest(reporter: Reporter, given: Bytes | null): u32 {
    const facts = this.clusters.facts(XdsAttributes.clusterName);
    // A server's routes are not those of what leaves the mesh.
    if (reporter == Reporter.Destination && facts.service >= 0) return <u32>facts.service;
    const route = XdsAttributes.routeName;
    const special = route !== null ? serviceOfRoute(route) : Bytes.EMPTY;
    if (special.isEmpty && facts.service >= 0) return <u32>facts.service;
    const name = special.isEmpty ? facts.special : special;
    const services = this.tables.services;
    if (this.config.hostHeaderFallback || this.saysWhere(name)) {
      const host = given !== null ? given : RequestAttributes.host;
      return services.ofHost(host !== null && !host.isEmpty ? host : Bytes.of(UNKNOWN), name);
    }
    return this.withoutHost(reporter, name);
  }

  /** Of a connection, which has no route. */
  ofConnection(reporter: Reporter): u32 {
    const facts = this.clusters.facts(XdsAttributes.clusterName);
    if (facts.service >= 0) return facts.service;
    const name = facts.special;
    return this.saysWhere(name)
      ? this.tables.services.ofHost(target(), name)
      : this.withoutHost(reporter, name);
  }

  /** Whether blocked traffic has to say where to it was. */
  private saysWhere(name: Bytes): bool {
    return this.config.blockedHosts && name.equals(BLACK_HOLE);
  }

  private withoutHost(reporter: Reporter, name: Bytes): u32 {
    const isServer = reporter == Reporter.Destination;
    if (!isServer && name.isEmpty) return UNKNOWN_SERVICE;
    const host = isServer ? this.tables.localService : Bytes.of(UNKNOWN);
    return this.tables.services.named(host, name.isEmpty ? host : name, null);
  }
}

/** Where a connection was to: the server name that the client gave (with a TLS inspector), or the address. */
function target(): Bytes {
  const serverName = ConnectionAttributes.requestedServerName;
  if (serverName !== null && !serverName.isEmpty) return serverName;
  const address = DestinationAttributes.address;
  return address !== null ? address : Bytes.of(UNKNOWN);
}
