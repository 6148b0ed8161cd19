import { startEnvoy, type RunningEnvoy } from "../../harness/envoy/index.js";

/** Who a proxy is, for Istio's control plane. */
export interface Proxy {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** An address of loopback that no other proxy has: Istio knows a proxy's labels by it. */
  readonly ip: string;
}

/** Of a sidecar: where it asks for its certificates. */
export interface SidecarProxy extends Proxy {
  readonly secretsSocket: string;
}

/** A stock Envoy that gets all it does from a control plane, as a gateway of the mesh. */
export function startGateway(ads: string, proxy: Proxy): Promise<RunningEnvoy> {
  return startProxy(ads, proxy, "router", []);
}

/** The same in front of a workload; with the name of its cluster for certificates, as Istio's agent writes it. */
export function startSidecar(ads: string, proxy: SidecarProxy): Promise<RunningEnvoy> {
  const address = { pipe: { path: proxy.secretsSocket } };
  return startProxy(ads, proxy, "sidecar", [grpcCluster("sds-grpc", address)]);
}

function startProxy(
  ads: string,
  { name, namespace, labels, ip }: Proxy,
  type: "router" | "sidecar",
  clusters: readonly object[],
): Promise<RunningEnvoy> {
  const [host, port] = ads.split(":");
  const address = { socket_address: { address: host, port_value: Number(port) } };
  const source = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "60s" };
  const bootstrap = {
    node: {
      id: `${type}~${ip}~${name}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: `${name}.${namespace}`,
      // Nobody redirects connections here: a sidecar has to listen itself.
      metadata: {
        NAMESPACE: namespace,
        CLUSTER_ID: "Kubernetes",
        LABELS: labels,
        ...(type === "sidecar" && { INTERCEPTION_MODE: "NONE" }),
      },
    },
    dynamic_resources: {
      lds_config: source,
      cds_config: source,
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: "xds" } }],
      },
    },
    static_resources: { clusters: [grpcCluster("xds", address), ...clusters] },
  };
  return startEnvoy({ config: JSON.stringify(bootstrap), startTimeoutMs: 120_000 });
}

function grpcCluster(name: string, address: object): object {
  const http2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http2_protocol_options: {} },
  };
  return {
    name,
    type: "STATIC",
    connect_timeout: "5s",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2,
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}

/** A gateway of the mesh: where it listens, and what is behind it. */
export interface GatewaySpec extends Proxy {
  readonly port: number;
  readonly backendPort: number;
}

/** The resources without which Istio gives a gateway no listener. */
export function gatewayResources({ name, namespace, labels, ip, port, backendPort }: GatewaySpec): object[] {
  const at = (kind: string, own: string, spec: object): object => ({
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name: own, namespace },
    spec,
  });
  const service = (own: string, number: number, endpoint: object): object =>
    at("ServiceEntry", own, {
      hosts: [`${own}.${namespace}.example`],
      ports: [{ number, name: "http", protocol: "HTTP" }],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      endpoints: [{ ...endpoint, ports: { http: number } }],
    });
  return [
    at("Gateway", name, {
      selector: labels,
      servers: [{ port: { number: port, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
    }),
    service(name, port, { address: ip, labels }),
    service(`${name}-backend`, backendPort, { address: "127.0.0.1" }),
    at("VirtualService", name, {
      hosts: ["*"],
      gateways: [name],
      http: [
        {
          route: [
            { destination: { host: `${name}-backend.${namespace}.example`, port: { number: backendPort } } },
          ],
        },
      ],
    }),
  ];
}

/** What a stock Envoy without certificates needs of the mesh. */
export function stockEnvoyResources(): object[] {
  return [withoutIstiosOwnFilters(), withoutMutualTls()];
}

/** Otherwise clusters wait for certificates. */
function withoutMutualTls(): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "plain", namespace: "istio-system" },
    spec: { host: "*.example", trafficPolicy: { tls: { mode: "DISABLE" } } },
  };
}

/** Takes out the filters that only Istio's build of Envoy has. */
function withoutIstiosOwnFilters(): object {
  const removed = ["istio.stats", "istio.metadata_exchange", "istio.alpn"].flatMap((name) => [
    {
      applyTo: "HTTP_FILTER",
      match: {
        listener: {
          filterChain: {
            filter: { name: "envoy.filters.network.http_connection_manager", subFilter: { name } },
          },
        },
      },
      patch: { operation: "REMOVE" },
    },
    {
      applyTo: "NETWORK_FILTER",
      match: { listener: { filterChain: { filter: { name } } } },
      patch: { operation: "REMOVE" },
    },
  ]);
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: "stock-envoy", namespace: "istio-system" },
    spec: { priority: -1000, configPatches: removed },
  };
}
