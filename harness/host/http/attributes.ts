import type { Context } from "../context.js";
import { MapType } from "../enums.js";
import type { HeaderMap } from "../header-map.js";
import { grpcStatusOf } from "./local-reply.js";
import { Duration, type PropertyMap, type PropertyValue, Timestamp, Uint } from "../property-value.js";

/** What Envoy knows of a stream besides its header maps. */
export interface StreamFacts {
  readonly protocol: string;
  /** Nanoseconds since 1970, both. */
  readonly startedAt: bigint;
  readonly now: bigint;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly responseHeaders: HeaderMap | null;
  readonly details: string | undefined;
  readonly connectionId: number;
  readonly addresses: Addresses;
  readonly upstreamConnected: boolean;
  readonly finished: boolean;
}

/** Attributes of an HTTP stream, worked out when they are asked for (Envoy: filters/common/expr/context.cc). */
export function httpAttributes(
  name: string,
  facts: StreamFacts,
  context: Context,
): PropertyValue | undefined {
  if (name === "request") return requestAttributes(facts, visible(context, MapType.RequestHeaders));
  if (name === "response") return responseAttributes(facts, context);
  if (name === "upstream") return facts.upstreamConnected ? UPSTREAM : {};
  return connectionAttributes(name, facts.connectionId, facts.addresses);
}

const UPSTREAM: PropertyMap = {
  address: "127.0.0.1:80",
  port: 80,
  local_address: "127.0.0.1:49152",
  transport_failure_reason: "",
  request_attempt_count: new Uint(1),
  cx_pool_ready_duration: new Duration(1_000_000n),
  num_endpoints: new Uint(1),
};

/** The map that properties are read from: what the filter sees, or the whole stream's in the access log. */
function visible(context: Context, type: MapType): HeaderMap | null {
  return context.constMap(type);
}

/** What a TLS connection has besides, by Envoy's names; Envoy has no such attribute where it is left out. */
export interface TlsAttributes {
  /** The name that the client asked for (SNI). */
  readonly requested_server_name?: string;
  /** `TLSv1.3` by default. */
  readonly tls_version?: string;
  readonly subject_local_certificate?: string;
  readonly dns_san_local_certificate?: string;
  readonly uri_san_local_certificate?: string;
  /** Of the client's certificate, this and what follows: with one of them, `connection.mtls` is true. */
  readonly subject_peer_certificate?: string;
  readonly dns_san_peer_certificate?: string;
  readonly uri_san_peer_certificate?: string;
  readonly sha256_peer_certificate_digest?: string;
  readonly peer_certificate?: string;
}

/** Who is connected to whom, and how. */
export interface Addresses {
  /** The client's TLS; in plain text by default. */
  readonly tls?: TlsAttributes;
  /** The client, `address:port`; 127.0.0.1:40000 by default. */
  readonly source?: string;
  /** The listener's, `address:port`; 127.0.0.1:10000 by default. */
  readonly destination?: string;
}

/** Attributes of the downstream connection, which HTTP streams and TCP connections both have. */
export function connectionAttributes(
  name: string,
  id: number,
  addresses: Addresses,
): PropertyValue | undefined {
  if (name === "connection") return { id: new Uint(id), ...tlsAttributes(addresses.tls) };
  if (name === "connection_id") return new Uint(id);
  if (name === "source") return endpoint(addresses.source ?? "127.0.0.1:40000");
  if (name === "destination") return endpoint(addresses.destination ?? "127.0.0.1:10000");
  if (name === "metadata") return { filter_metadata: {} };
  return undefined;
}

function tlsAttributes(tls: TlsAttributes | undefined): PropertyMap {
  if (tls === undefined) return { mtls: false, requested_server_name: "" };
  const mtls = Object.keys(tls).some((name) => name.includes("peer_certificate"));
  return { mtls, requested_server_name: "", tls_version: "TLSv1.3", ...tls };
}

function endpoint(address: string): PropertyMap {
  return { address, port: Number(address.slice(address.lastIndexOf(":") + 1)) };
}

function requestAttributes(facts: StreamFacts, headers: HeaderMap | null): PropertyMap {
  const contentLength = headers?.get("content-length");
  return withoutUndefined({
    protocol: facts.protocol,
    time: new Timestamp(facts.startedAt),
    size: contentLength === undefined ? facts.requestBytes : Number(contentLength),
    total_size: facts.requestBytes + (headers?.byteSize ?? 0),
    // Known when the stream is over.
    duration: facts.finished ? new Duration(facts.now - facts.startedAt) : undefined,
    ...(headers && {
      ...headerAttributes(headers),
      headers: joined(headers),
      headers_bytes: headers.byteSize,
    }),
  });
}

function headerAttributes(headers: HeaderMap): PropertyMap {
  const path = headers.get(":path");
  const query = path === undefined ? -1 : path.indexOf("?");
  return withoutUndefined({
    path,
    url_path: query < 0 ? path : path?.slice(0, query),
    query: path === undefined ? undefined : query < 0 ? "" : path.slice(query + 1).replace(/#.*$/, ""),
    host: headers.get(":authority"),
    scheme: headers.get(":scheme"),
    method: headers.get(":method"),
    referer: headers.get("referer"),
    useragent: headers.get("user-agent"),
    id: headers.get("x-request-id"),
  });
}

function responseAttributes(facts: StreamFacts, context: Context): PropertyMap {
  const headers = visible(context, MapType.ResponseHeaders);
  const trailers = visible(context, MapType.ResponseTrailers);
  const status = facts.responseHeaders?.get(":status");
  const grpcStatus = trailers?.get("grpc-status") ?? headers?.get("grpc-status");
  return withoutUndefined({
    code: status === undefined ? undefined : Number(status),
    code_details: facts.details,
    flags: 0,
    size: facts.responseBytes,
    total_size: facts.responseBytes + (headers?.byteSize ?? 0) + (trailers?.byteSize ?? 0),
    headers: headers === null ? undefined : joined(headers),
    headers_bytes: headers?.byteSize,
    trailers: trailers === null ? {} : joined(trailers),
    grpc_status: grpcStatus !== undefined ? Number(grpcStatus) : status && grpcStatusOf(Number(status)),
    backend_latency:
      facts.finished && facts.upstreamConnected ? new Duration(facts.now - facts.startedAt) : undefined,
  });
}

/** Header fields by name; those that repeat are joined by commas. */
function joined(headers: HeaderMap): PropertyMap {
  const fields: Record<string, string> = {};
  for (const [name, value] of headers) fields[name] = name in fields ? `${fields[name]!},${value}` : value;
  return fields;
}

function withoutUndefined(values: Record<string, PropertyValue | undefined>): PropertyMap {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as PropertyMap;
}
