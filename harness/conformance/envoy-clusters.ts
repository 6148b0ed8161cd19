import type { CaseListener } from "./envoy-config.js";
import { httpCluster, internalCluster } from "./envoy-network.js";

const TYPE = "type.googleapis.com";

/** Where the servers behind Envoy listen. */
export interface UpstreamPorts {
  readonly upstream: number;
  /** Cluster `callouts`: what filters ask while they hold a request. */
  readonly callouts: number;
  /** Cluster `grpc`. */
  readonly grpc: number;
  /** What listeners with an access log write to, see upstream/access-log.ts. */
  readonly accessLog?: number;
  /** Cluster `tcp`: sends back what it gets. */
  readonly tcp?: number;
  /** Cluster `greeting`: the same, after a greeting. */
  readonly greeting?: number;
}

/** The cluster of the JWKS server that belongs to a listener. */
export function jwksCluster(listener: string): string {
  return `jwks-${listener}`;
}

/** The clusters that cases may call, and those of their own. */
export function clusters(listeners: readonly CaseListener[], ports: UpstreamPorts): object[] {
  const networks = listeners.filter(({ network }) => network !== undefined);
  return [
    {
      ...cluster("upstream", [ports.upstream]),
      metadata: metadata("cluster"),
      // As the client spoke, so that trailers and framing arrive as they were sent.
      ...httpProtocol({
        use_downstream_protocol_config: {
          http_protocol_options: { enable_trailers: true },
          http2_protocol_options: {},
        },
      }),
    },
    {
      ...cluster("callouts", [ports.callouts]),
      ...httpProtocol({
        explicit_http_config: { http_protocol_options: { enable_trailers: true } },
      }),
    },
    cluster("empty", []),
    {
      ...cluster("grpc", [ports.grpc]),
      ...httpProtocol({ explicit_http_config: { http2_protocol_options: {} } }),
    },
    ...(ports.accessLog === undefined ? [] : [cluster("access-log", [ports.accessLog])]),
    ...(ports.tcp === undefined ? [] : [cluster("tcp", [ports.tcp])]),
    ...(ports.greeting === undefined ? [] : [cluster("greeting", [ports.greeting])]),
    // By this name Istio's control plane calls where nothing goes.
    cluster("BlackHoleCluster", []),
    ...networks.map(({ name }) => internalCluster(httpCluster(name))),
    ...listeners.flatMap(({ name, jwksPort }) =>
      jwksPort === undefined ? [] : [cluster(jwksCluster(name), [jwksPort])],
    ),
  ];
}

function cluster(name: string, ports: readonly number[]): object {
  const lb_endpoints = ports.map((port) => ({
    endpoint: { address: socketAddress(port) },
    metadata: metadata("host"),
  }));
  return {
    name,
    type: "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { locality: { region: "region", zone: "zone" }, metadata: metadata("locality"), lb_endpoints },
      ],
    },
  };
}

function httpProtocol(options: object): object {
  const name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return { typed_extension_protocol_options: { [name]: { "@type": `${TYPE}/${name}`, ...options } } };
}

/** What each kind of metadata says under `tremula`: whose it is, and a value of each type. */
export function metadata(of: string): object {
  return {
    filter_metadata: { tremula: { of, number: 15, yes: true, map: { key: "value" }, list: ["a", "b"] } },
  };
}

export function socketAddress(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
