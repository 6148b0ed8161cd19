// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from "tremula/assembly";
import { NO_GRPC_STATUS, Sample } from "../metrics/sample";
import { Label, PROTOCOLS, REPORTERS, SECURITIES } from "./label";
import { writeResponseFlags } from "./response-flags";
import { Tables } from "./tables";
import { Facet } from "./workload";

/** Writes the standard value of a label. */
export function writeLabel(text: ByteWriter, label: Label, sample: Sample, tables: Tables): void {
  switch (label) {
    case Label.Reporter:
      text.write(unchecked(REPORTERS[sample.reporter]));
      break;
    case Label.RequestProtocol:
      text.write(unchecked(PROTOCOLS[sample.protocol]));
      break;
    case Label.ConnectionSecurityPolicy:
      text.write(unchecked(SECURITIES[sample.security]));
      break;
    case Label.ResponseFlags:
      writeResponseFlags(text, sample.flags);
      break;
    case Label.ResponseCode:
      text.writeUint(sample.code);
      break;
    case Label.GrpcResponseStatus:
      if (sample.grpcStatus != NO_GRPC_STATUS) text.writeInt(sample.grpcStatus);
      break;
    case Label.SourcePrincipal:
      text.write(tables.principals.at(sample.principals).source);
      break;
    case Label.DestinationPrincipal:
      text.write(tables.principals.at(sample.principals).destination);
      break;
    case Label.DestinationService:
      text.write(tables.services.at(sample.service).host);
      break;
    case Label.DestinationServiceName:
      text.write(tables.services.at(sample.service).name);
      break;
    case Label.DestinationServiceNamespace:
      writeNamespace(text, sample, tables);
      break;
    default:
      writeFacet(text, label, sample, tables);
  }
}

function writeNamespace(text: ByteWriter, sample: Sample, tables: Tables): void {
  const namespace = tables.services.at(sample.service).namespace;
  if (namespace !== null) text.write(namespace);
  else text.write(tables.workloads.at(sample.destination).get(Facet.Namespace));
}

function writeFacet(text: ByteWriter, label: Label, sample: Sample, tables: Tables): void {
  const isSource = label <= Label.SourceCluster;
  const workload = tables.workloads.at(isSource ? sample.source : sample.destination);
  text.write(workload.get(facetOf(label)));
}

function facetOf(label: Label): Facet {
  switch (label) {
    case Label.SourceWorkload:
    case Label.DestinationWorkload:
      return Facet.Workload;
    case Label.SourceWorkloadNamespace:
    case Label.DestinationWorkloadNamespace:
      return Facet.Namespace;
    case Label.SourceApp:
    case Label.DestinationApp:
      return Facet.App;
    case Label.SourceVersion:
    case Label.DestinationVersion:
      return Facet.Version;
    case Label.SourceCanonicalService:
    case Label.DestinationCanonicalService:
      return Facet.CanonicalService;
    case Label.SourceCanonicalRevision:
    case Label.DestinationCanonicalRevision:
      return Facet.CanonicalRevision;
    default:
      return Facet.Cluster;
  }
}
