import http from "node:http";
import http2 from "node:http2";
import { connectWithFields, splitRepeats } from "./client-repeats.js";

/** Header fields in the order of the wire, octets as latin1. */
export type HeaderPair = readonly [name: string, value: string];

export interface ClientRequest {
  readonly protocol: "http1" | "http2";
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly HeaderPair[];
  readonly body?: string | undefined;
  readonly trailers?: readonly HeaderPair[] | undefined;
}

export interface ClientResponse {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
  readonly trailers: readonly HeaderPair[];
  /** Set when the stream broke off: before the status (which is 0 then) or in the middle of the body. */
  readonly reset?: string;
}

const TIMEOUT_MS = 10_000;

/** Nothing has come back in time. */
export class NoAnswer extends Error {
  constructor({ method, path, protocol }: ClientRequest, milliseconds: number) {
    super(`${method} ${path} (${protocol}) had no answer in ${milliseconds / 1000} s`);
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** How long the client has patience, and what makes it leave. */
export interface ClientOptions {
  readonly timeoutMs?: number | undefined;
  readonly leave?: AbortSignal | undefined;
}

/**
 * Sends one request on a connection of its own and reports all that came back; a reset is an answer, not an error.
 *
 * @throws {NoAnswer}
 */
export function send(
  address: Address,
  request: ClientRequest,
  options: ClientOptions = {},
): Promise<ClientResponse> {
  return request.protocol === "http2"
    ? sendHttp2(address, request, options)
    : sendHttp1(address, request, options);
}

function sendHttp1(
  address: Address,
  request: ClientRequest,
  { timeoutMs = TIMEOUT_MS, leave }: ClientOptions,
): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const { method, path, authority, headers, body, trailers = [] } = request;
    const framing: HeaderPair[] = [];
    if (trailers.length > 0) framing.push(["transfer-encoding", "chunked"]);
    else if (body !== undefined) framing.push(["content-length", String(Buffer.byteLength(body))]);
    const outgoing = http.request({
      host: address.host,
      port: address.port,
      method,
      path,
      agent: false,
      // A flat list keeps order and repeated names.
      headers: [["host", authority] as const, ...headers, ...framing].flat(),
      setHost: false,
      timeout: timeoutMs,
    });
    outgoing.on("timeout", () => {
      reject(new NoAnswer(request, timeoutMs));
      outgoing.destroy();
    });
    outgoing.on("error", (error) => resolve(broken(error)));
    let answering = false;
    // Of a connection that changes its protocol nothing else comes.
    outgoing.on("close", () => {
      if (!answering) resolve(broken(new Error("closed without an answer")));
    });
    leave?.addEventListener("abort", () => outgoing.destroy(new Error("the client left")), { once: true });
    outgoing.on("response", (incoming) => {
      answering = true;
      const chunks: Buffer[] = [];
      const answer = (reset?: string) =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: pairs(incoming.rawHeaders),
          body: Buffer.concat(chunks),
          trailers: pairs(incoming.rawTrailers),
          ...(reset !== undefined && { reset }),
        });
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => answer());
      incoming.on("error", (error) => answer(error.message));
    });
    if (trailers.length > 0)
      outgoing.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
    outgoing.end(body);
  });
}

function sendHttp2(
  address: Address,
  request: ClientRequest,
  { timeoutMs = TIMEOUT_MS, leave }: ClientOptions,
): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const { method, path, authority, headers, body, trailers = [] } = request;
    const { first, again } = splitRepeats(headers);
    const session = http2.connect(`http://${address.host}:${address.port}`, {
      ...(again.length > 0 && { createConnection: () => connectWithFields({ ...address }, again) }),
    });
    const settle = (response: ClientResponse) => {
      session.close();
      resolve(response);
    };
    session.on("error", (error: Error) => settle(broken(error)));
    const stream = session.request(
      { ":method": method, ":path": path, ":authority": authority, ...grouped(first) },
      { endStream: body === undefined && trailers.length === 0, waitForTrailers: trailers.length > 0 },
    );
    stream.setTimeout(timeoutMs, () => {
      reject(new NoAnswer(request, timeoutMs));
      session.destroy();
    });
    leave?.addEventListener("abort", () => session.destroy(new Error("the client left")), { once: true });
    stream.on("wantTrailers", () => stream.sendTrailers(grouped(trailers)));
    const chunks: Buffer[] = [];
    let status = 0;
    let received: HeaderPair[] = [];
    let receivedTrailers: HeaderPair[] = [];
    // The third argument, the fields in order with repeats, is missing from Node's types.
    type Raw = (fields: http2.IncomingHttpHeaders, flags: number, raw: string[]) => void;
    const onResponse: Raw = (fields, _flags, raw) => {
      status = Number(fields[":status"] ?? 0);
      received = pairs(raw).filter(([name]) => !name.startsWith(":"));
    };
    const onTrailers: Raw = (_fields, _flags, raw) => (receivedTrailers = pairs(raw));
    stream.on("response", onResponse as () => void);
    stream.on("trailers", onTrailers as () => void);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    const answer = (reset?: string) =>
      settle({
        status,
        headers: received,
        body: Buffer.concat(chunks),
        trailers: receivedTrailers,
        ...(reset !== undefined && { reset }),
      });
    stream.on("error", (error: Error) => answer(error.message));
    stream.on("close", () => answer(stream.rstCode === 0 ? undefined : `RST_STREAM ${stream.rstCode}`));
    if (!stream.writableEnded) stream.end(body);
  });
}

/** The values of one header field, by its name in lower case. */
export function valuesOf(headers: readonly HeaderPair[], name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

function pairs(raw: readonly string[]): HeaderPair[] {
  const list: HeaderPair[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) list.push([raw[i] ?? "", raw[i + 1] ?? ""]);
  return list;
}

function grouped(headers: readonly HeaderPair[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const [name, value] of headers) (fields[name.toLowerCase()] ??= []).push(value);
  return fields;
}

function broken(error: Error): ClientResponse {
  return { status: 0, headers: [], body: Buffer.alloc(0), trailers: [], reset: error.message };
}
