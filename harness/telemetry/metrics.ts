/** A metric of Istio's, without the prefix that all have in Prometheus. */
export interface StandardMetric {
  readonly name: string;
  readonly kind: "counter" | "histogram" | "gauge";
  /** What a histogram records. */
  readonly unit?: "milliseconds" | "bytes";
  readonly labels: readonly string[];
}

/** What every metric's name begins with. */
export const METRIC_PREFIX = "istio_";

/** In the order in which they stand in the name of a statistic. */
const PEER_LABELS = [
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
];
const TCP_LABELS = [...PEER_LABELS, "request_protocol", "response_flags", "connection_security_policy"];
const REQUEST_LABELS = [...TCP_LABELS, "response_code", "grpc_response_status"];

/** Labels that Istio's standard metrics have, in the order in which they stand in the name of a statistic. */
export const STANDARD_LABELS: readonly string[] = REQUEST_LABELS;

const counter = (name: string, labels: readonly string[]): StandardMetric => ({
  name,
  kind: "counter",
  labels,
});
const histogram = (name: string, unit: "milliseconds" | "bytes"): StandardMetric => ({
  name,
  kind: "histogram",
  unit,
  labels: REQUEST_LABELS,
});

/** Istio's standard metrics. */
export const STANDARD_METRICS: readonly StandardMetric[] = [
  counter("requests_total", REQUEST_LABELS),
  histogram("request_duration_milliseconds", "milliseconds"),
  histogram("request_bytes", "bytes"),
  histogram("response_bytes", "bytes"),
  counter("request_messages_total", PEER_LABELS),
  counter("response_messages_total", PEER_LABELS),
  counter("tcp_sent_bytes_total", TCP_LABELS),
  counter("tcp_received_bytes_total", TCP_LABELS),
  counter("tcp_connections_opened_total", TCP_LABELS),
  counter("tcp_connections_closed_total", TCP_LABELS),
];

/** `istio_build`, which says which version runs. */
export const BUILD_METRIC: StandardMetric = { name: "build", kind: "gauge", labels: ["component", "tag"] };
