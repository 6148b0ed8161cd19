import http from "node:http";
import http2 from "node:http2";

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

/** Sends one request on a connection of its own and reports all that came back; a reset is an answer, not an error. */
export function send(
  address: { host: string; port: number },
  request: ClientRequest,
): Promise<ClientResponse> {
  return request.protocol === "http2" ? sendHttp2(address, request) : sendHttp1(address, request);
}

function sendHttp1(address: { host: string; port: number }, request: ClientRequest): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const { method, path, authority, headers, body, trailers = [] } = request;
    const framing: HeaderPair[] = [];
    if (trailers.length > 0) framing.push(["transfer-encoding", "chunked"]);
    else if (body !== undefined) framing.push(["content-length", String(Buffer.byteLength(body))]);
    const outgoing = http.request({
      ...address,
      method,
      path,
      agent: false,
      // A flat list keeps order and repeated names.
      headers: [["host", authority] as const, ...headers, ...framing].flat(),
      setHost: false,
      timeout: TIMEOUT_MS,
    });
    const failed = (error: Error) => resolve(broken(error));
    outgoing.on("timeout", () => reject(timeoutError(request)));
    outgoing.on("error", failed);
    outgoing.on("response", (incoming) => {
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

function sendHttp2(address: { host: string; port: number }, request: ClientRequest): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const { method, path, authority, headers, body, trailers = [] } = request;
    const session = http2.connect(`http://${address.host}:${address.port}`);
    const settle = (response: ClientResponse) => {
      session.close();
      resolve(response);
    };
    session.on("error", (error: Error) => settle(broken(error)));
    const stream = session.request(
      { ":method": method, ":path": path, ":authority": authority, ...grouped(headers) },
      { endStream: body === undefined && trailers.length === 0, waitForTrailers: trailers.length > 0 },
    );
    stream.setTimeout(TIMEOUT_MS, () => {
      session.destroy();
      reject(timeoutError(request));
    });
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

function timeoutError(request: ClientRequest): Error {
  return new Error(
    `${request.method} ${request.path} (${request.protocol}) had no answer in ${TIMEOUT_MS / 1000} s`,
  );
}
