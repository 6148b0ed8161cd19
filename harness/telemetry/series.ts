import { statsTags } from "../envoy/index.js";
import { STANDARD_LABELS } from "./metrics.js";

const TYPE = "type.googleapis.com";

/** Rules for labels, as Envoy's `stats_tags` has them. */
export interface TagRule {
  readonly tag_name: string;
  readonly regex: string;
}

/** Rules that begin where the name of a Wasm plugin's statistic does. */
export const ANCHORED_RULES: readonly TagRule[] = statsTags(STANDARD_LABELS).stats_tags;

/** Rules of the shape that Istio's proxies had until 1.16: Envoy searches each name for each of them. */
export const HISTORICAL_RULES: readonly TagRule[] = [
  ...STANDARD_LABELS.map((label) => ({ tag_name: label, regex: `(${label}=\\.=(.*?);\\.;)` })),
  { tag_name: "cache", regex: "(cache\\.(.+?)\\.)" },
  { tag_name: "component", regex: "(component\\.(.+?)\\.)" },
  { tag_name: "tag", regex: "(tag\\.(.+?);\\.)" },
  { tag_name: "wasm_filter", regex: "(wasm_filter\\.(.+?)\\.)" },
];

/** Values as a sidecar in a mesh has them; # is the number of the series. */
const TYPICAL: Readonly<Record<string, string>> = {
  reporter: "destination",
  source_workload: "storefront-v1",
  source_workload_namespace: "shop",
  source_principal: "spiffe://cluster.local/ns/shop/sa/storefront",
  source_app: "storefront",
  source_version: "v1",
  source_canonical_service: "storefront",
  source_canonical_revision: "v1",
  source_cluster: "east",
  destination_workload: "orders-#",
  destination_workload_namespace: "shop",
  destination_principal: "spiffe://cluster.local/ns/shop/sa/orders",
  destination_app: "orders",
  destination_version: "v2",
  destination_service: "orders-#.shop.svc.cluster.local",
  destination_service_name: "orders-#",
  destination_service_namespace: "shop",
  destination_canonical_service: "orders",
  destination_canonical_revision: "v2",
  destination_cluster: "west",
  request_protocol: "http",
  response_flags: "-",
  connection_security_policy: "mutual_tls",
  response_code: "200",
  grpc_response_status: "",
};

/** The name of a statistic with all standard labels, as the filter gives it to Envoy. */
export function seriesName(metric: string, values: Readonly<Record<string, string>> = {}): string {
  const all = { ...TYPICAL, ...values };
  return STANDARD_LABELS.map((label) => `${label}=.=${all[label] ?? ""};.;`).join("") + metric;
}

/**
 * A bootstrap whose Wasm plugin makes series instead of counting.
 *
 * @param module what `test/fixtures/telemetry-series` compiles to
 * @param lines its configuration; see there
 */
export function seriesBootstrap(module: string, lines: readonly string[], statsConfig: object): string {
  const plugin = {
    "@type": `${TYPE}/envoy.extensions.filters.network.wasm.v3.Wasm`,
    config: {
      configuration: { "@type": `${TYPE}/google.protobuf.StringValue`, value: lines.join("\n") },
      vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: module } } },
    },
  };
  const echo = { "@type": `${TYPE}/envoy.extensions.filters.network.echo.v3.Echo` };
  const filters = [
    { name: "series", typed_config: plugin },
    { name: "echo", typed_config: echo },
  ];
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  const listeners = [{ name: "main", address, filter_chains: [{ filters }] }];
  return JSON.stringify({ stats_config: statsConfig, static_resources: { listeners } });
}
