import type { LocalResponse } from "../context.js";
import { GrpcStatus } from "../enums.js";
import { HeaderMap } from "../header-map.js";
import { bodyBytes, toLatin1 } from "../octets.js";

export interface LocalReply {
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
}

/** What Envoy makes of a local response (source/common/http/utility.cc, prepareLocalReply). */
export function localReply(response: LocalResponse, request: HeaderMap): LocalReply {
  const headers = new HeaderMap("response");
  if (isGrpc(request)) {
    headers.add(":status", "200");
    for (const [name, value] of response.headers) headers.add(name, value);
    headers.setInPlace("content-type", "application/grpc");
    headers.setInPlace("grpc-status", String(response.grpcStatus ?? grpcStatusOf(response.status)));
    if (response.body.length > 0) headers.setInPlace("grpc-message", percentEncode(toLatin1(response.body)));
    return { headers, body: new Uint8Array(0) };
  }
  headers.add(":status", String(response.status));
  for (const [name, value] of response.headers) headers.add(name, value);
  if (response.body.length > 0) {
    headers.setInPlace("content-length", String(response.body.length));
    if (!headers.has("content-type")) headers.add("content-type", "text/plain");
  } else {
    headers.remove("content-length");
    headers.remove("content-type");
  }
  return { headers, body: request.get(":method") === "HEAD" ? new Uint8Array(0) : response.body };
}

function isGrpc(request: HeaderMap): boolean {
  return /^application\/grpc(\+|;|$)/.test(request.get("content-type") ?? "");
}

/** The gRPC status that stands for an HTTP status. */
export function grpcStatusOf(status: number): GrpcStatus {
  const known: Readonly<Record<number, GrpcStatus>> = {
    400: GrpcStatus.Internal,
    401: GrpcStatus.Unauthenticated,
    403: GrpcStatus.PermissionDenied,
    404: GrpcStatus.Unimplemented,
    429: GrpcStatus.Unavailable,
    502: GrpcStatus.Unavailable,
    503: GrpcStatus.Unavailable,
    504: GrpcStatus.Unavailable,
  };
  return known[status] ?? GrpcStatus.Unknown;
}

/** As gRPC encodes its message: space to tilde stay, but for the percent sign. */
function percentEncode(text: string): string {
  return text.replace(
    /[^ -~]|%/g,
    (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** What Envoy says itself. */
export function hostReply(status: number, text: string, details: string): LocalResponse {
  return { status, details, body: bodyBytes(text), headers: [], grpcStatus: undefined };
}
