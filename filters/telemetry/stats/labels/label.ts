// SPDX-License-Identifier: Apache-2.0

/** Istio's standard labels, in the order in which they stand in the name of a statistic. */
export enum Label {
  Reporter,
  SourceWorkload,
  SourceWorkloadNamespace,
  SourcePrincipal,
  SourceApp,
  SourceVersion,
  SourceCanonicalService,
  SourceCanonicalRevision,
  SourceCluster,
  DestinationWorkload,
  DestinationWorkloadNamespace,
  DestinationPrincipal,
  DestinationApp,
  DestinationVersion,
  DestinationService,
  DestinationServiceName,
  DestinationServiceNamespace,
  DestinationCanonicalService,
  DestinationCanonicalRevision,
  DestinationCluster,
  RequestProtocol,
  ResponseFlags,
  ConnectionSecurityPolicy,
  ResponseCode,
  GrpcResponseStatus,
}

/** No standard label: what a tag has whose value only an expression gives. */
export const NO_LABEL: i32 = -1;

/** Labels that metrics of messages have, those of connections, and those of requests: the first so many. */
export const MESSAGE_LABELS: i32 = 20;
export const TCP_LABELS: i32 = 23;
export const REQUEST_LABELS: i32 = 25;

/** Names of `Label`, in order. */
export const LABEL_NAMES: StaticArray<string> = [
  "reporter",
  "source_workload",
  "source_workload_namespace",
  "source_principal",
  "source_app",
  "source_version",
  "source_canonical_service",
  "source_canonical_revision",
  "source_cluster",
  "destination_workload",
  "destination_workload_namespace",
  "destination_principal",
  "destination_app",
  "destination_version",
  "destination_service",
  "destination_service_name",
  "destination_service_namespace",
  "destination_canonical_service",
  "destination_canonical_revision",
  "destination_cluster",
  "request_protocol",
  "response_flags",
  "connection_security_policy",
  "response_code",
  "grpc_response_status",
];

/** What stands where nothing is known. */
export const UNKNOWN: string = "unknown";
/** What stands where a table is full. */
export const OVERFLOW: string = "overflow";

/** Who counts: the value of `reporter`. */
export enum Reporter {
  Source,
  Destination,
  Waypoint,
}

/** Names of `Reporter`, in order. */
export const REPORTERS: StaticArray<string> = ["source", "destination", "waypoint"];

export enum Protocol {
  Http,
  Grpc,
  Tcp,
}

/** Names of `Protocol`, in order. */
export const PROTOCOLS: StaticArray<string> = ["http", "grpc", "tcp"];

/** The value of `connection_security_policy`. */
export enum Security {
  Unknown,
  None,
  MutualTls,
}

/** Names of `Security`, in order. */
export const SECURITIES: StaticArray<string> = [UNKNOWN, "none", "mutual_tls"];
