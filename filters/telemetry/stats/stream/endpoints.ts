// SPDX-License-Identifier: Apache-2.0
import { ConnectionAttributes, UpstreamAttributes } from "tremula/assembly";
import { Peer } from "../../peer/peer";
import { endpointPeer, downstreamPeer, upstreamPeer } from "../../peer/state";
import { Reporter, Security } from "../labels/label";
import { PrincipalTable } from "../labels/principals";
import { Tables } from "../labels/tables";
import { LOCAL_WORKLOAD } from "../labels/workloads";
import { Needs } from "../metrics/needs";
import { Sample } from "../metrics/sample";
import { ConnectionFacts } from "./connections";

/** Fills in who is on either side of the stream whose callback runs, as far as metrics need it. */
export function fillEndpoints(
  sample: Sample,
  needs: Needs,
  connection: ConnectionFacts,
  tables: Tables,
  downstream: Peer | null,
  upstream: Peer | null,
): void {
  const reporter = sample.reporter;
  if (needs.source) {
    sample.source = reporter == Reporter.Source ? LOCAL_WORKLOAD : sourceWorkload(tables, downstream);
  }
  if (needs.destination) {
    sample.destination =
      reporter == Reporter.Destination ? LOCAL_WORKLOAD : upstreamWorkload(tables, upstream);
  }
  if (needs.principals) sample.principals = principalsOf(reporter, connection, tables.principals);
  // A client cannot tell: Istio says `unknown`.
  sample.security = reporter == Reporter.Source ? Security.Unknown : connection.security;
}

function sourceWorkload(tables: Tables, known: Peer | null): u32 {
  return tables.workloads.numberOf(known !== null ? known : downstreamPeer());
}

function upstreamWorkload(tables: Tables, known: Peer | null): u32 {
  const peer = known !== null ? known : upstreamPeer();
  return tables.workloads.numberOf(peer !== null ? peer : endpointPeer());
}

function principalsOf(reporter: Reporter, connection: ConnectionFacts, table: PrincipalTable): u32 {
  if (reporter == Reporter.Source) {
    const source = UpstreamAttributes.uriSanLocalCertificate;
    return table.numberOf(source, UpstreamAttributes.uriSanPeerCertificate);
  }
  if (reporter == Reporter.Waypoint) {
    const source = ConnectionAttributes.uriSanPeerCertificate;
    return table.numberOf(source, UpstreamAttributes.uriSanPeerCertificate);
  }
  if (!connection.hasPrincipals) {
    const source = ConnectionAttributes.uriSanPeerCertificate;
    connection.principals = table.numberOf(source, ConnectionAttributes.uriSanLocalCertificate);
    connection.hasPrincipals = true;
  }
  return connection.principals;
}
