import type { Json, JsonObject } from "../json.js";
import type { ServedPort } from "../ports.js";
import type { KeyServer } from "../request-authentication.js";
import { serverTls } from "./tls.js";
import { isAddress, typed } from "./wasm.js";

/** Where what is let through goes. */
export interface Upstream {
  readonly host: string;
  /** Null for the port at which it came. */
  readonly port: number | null;
}

/** Envoy's `Address`. */
export function address(host: string, port: number): JsonObject {
  return { socket_address: { address: host, port_value: port } };
}

/** The cluster of what comes in at a port. */
export function upstreamName({ port }: ServedPort): string {
  return `upstream-${port}`;
}

/** The workload itself, behind one of its ports. */
export function upstreamCluster(served: ServedPort, { host, port }: Upstream): JsonObject {
  const isHttp2 = served.protocol === "http2" || served.protocol === "grpc";
  const protocols: Json = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
      { explicit_http_config: { http2_protocol_options: {} } },
    ),
  };
  return {
    ...cluster(upstreamName(served), host, port ?? served.port),
    ...(isHttp2 && { typed_extension_protocol_options: protocols }),
  };
}

/**
 * A server with keys.
 *
 * @param trustedCa the certificates of authorities by which it is known
 */
export function keyCluster({ cluster: name, host, port, isTls }: KeyServer, trustedCa: string): JsonObject {
  return { ...cluster(name, host, port), ...(isTls && { transport_socket: serverTls(host, trustedCa) }) };
}

function cluster(name: string, host: string, port: number): JsonObject {
  const bare = host.replace(/^\[|\]$/g, "");
  return {
    name,
    type: isAddress(host) ? "STATIC" : "STRICT_DNS",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(bare, port) } }] }],
    },
  };
}
