import { HeaderMap, type HeaderInit } from "../header-map.js";
import type { Octets } from "../octets.js";
import type { HttpStream } from "./stream.js";
import type { Message } from "./message.js";

/** A request as a client sends it. */
export interface HttpRequest {
  readonly protocol?: "http1" | "http2";
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly headers?: HeaderInit;
  /** In one piece or in several; text is sent as UTF-8. */
  readonly body?: Octets | readonly Octets[];
  readonly trailers?: HeaderInit;
}

/** An upstream's answer. */
export interface UpstreamResponse {
  readonly status?: number;
  readonly headers?: HeaderInit;
  readonly body?: Octets | readonly Octets[];
  readonly trailers?: HeaderInit;
}

/** Answers what has reached the upstream; null leaves it without an answer. */
export type Upstream = UpstreamResponse | ((request: Message, stream: HttpStream) => UpstreamResponse | null);

/** Envoy's codecs have them in this order. */
const PSEUDO_HEADERS = {
  http1: [":authority", ":path", ":method", ":scheme"],
  http2: [":method", ":path", ":authority", ":scheme"],
} as const;

/** The headers that Envoy's connection manager shows its filters: pseudo headers, and those that it adds itself. */
export function requestHeaders(
  init: Omit<HttpRequest, "trailers">,
  scheme: "http" | "https",
  requestId: string,
): HeaderMap {
  const given = HeaderMap.from(init.headers, "request");
  const defaults = {
    ":authority": init.authority ?? "example.com",
    ":path": init.path ?? "/",
    ":method": init.method ?? (init.body === undefined ? "GET" : "POST"),
    ":scheme": scheme,
  };
  const headers = new HeaderMap("request");
  for (const name of PSEUDO_HEADERS[init.protocol ?? "http1"]) {
    headers.add(name, given.get(name) ?? defaults[name]);
    given.remove(name);
  }
  headers.append(given);
  if (!headers.has("x-forwarded-proto")) headers.add("x-forwarded-proto", scheme);
  if (!headers.has("x-request-id")) headers.add("x-request-id", requestId);
  return headers;
}

export function pieces(body: Octets | readonly Octets[] | undefined): readonly Octets[] {
  if (body === undefined) return [];
  return typeof body === "string" || body instanceof Uint8Array ? [body] : body;
}

export function responseHeaders({
  status,
  headers,
}: Pick<UpstreamResponse, "status" | "headers">): HeaderMap {
  const given = HeaderMap.from(headers, "response");
  if (!given.has(":status")) given.add(":status", String(status ?? 200));
  return given;
}

/** The upstream's whole answer, where it has one. */
export function answer(stream: HttpStream, upstream: Upstream): void {
  if (stream.finished) return;
  const response = typeof upstream === "function" ? upstream(stream.upstreamRequest, stream) : upstream;
  if (response === null) return;
  const body = pieces(response.body);
  const trailers = response.trailers !== undefined;
  stream.respondHeaders(response, { endOfStream: body.length === 0 && !trailers });
  body.forEach((piece, i) => stream.respondBody(piece, { endOfStream: !trailers && i === body.length - 1 }));
  if (response.trailers !== undefined) stream.respondTrailers(response.trailers);
}
