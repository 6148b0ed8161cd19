/** Connections or requests without mTLS that a workload has answered, as Istio's metrics count them. */
export interface Plaintext {
  readonly namespace: string;
  readonly workload: string;
  /** The workload that sent them, or `unknown`. */
  readonly source: string;
  readonly count: number;
}

const METRICS = /^istio_(?:requests_total|tcp_connections_opened_total)\{(.*)\}\s+(\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads from a scrape, in Prometheus' text format, who still speaks plain text to whom: the series that the destination's
 * proxy has reported with `connection_security_policy="none"`.
 */
export function plaintextOf(metrics: string): Plaintext[] {
  const sums = new Map<string, Plaintext>();
  for (const line of metrics.split("\n")) {
    const [, labels, value] = METRICS.exec(line) ?? [];
    const count = Number(value);
    if (labels === undefined || !(count > 0)) continue;
    const { reporter, connection_security_policy: policy, ...label } = labelsOf(labels);
    if (reporter !== "destination" || policy !== "none") continue;
    const namespace = label["destination_workload_namespace"] ?? "unknown";
    const workload = label["destination_workload"] ?? "unknown";
    const source = label["source_workload"] ?? "unknown";
    const key = JSON.stringify([namespace, workload, source]);
    sums.set(key, { namespace, workload, source, count: count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()];
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, name, value]) => [name ?? "", value ?? ""]));
}
