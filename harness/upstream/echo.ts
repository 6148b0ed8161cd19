import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2, { type ServerHttp2Stream } from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import { EchoPlanError, parsePlan, type EchoPlan, type HeaderPair } from "./echo-plan.js";
import { Recording, RequestLog, type EchoRequest } from "./echo-record.js";
import { reply, type ReplySink } from "./echo-reply.js";
import { http1Sink, http2Sink, toPairs } from "./echo-wire.js";
import { sniffHttp } from "./sniff.js";

/** Limits of an echo server. */
export interface EchoOptions {
  /** Bodies up to this length are kept and reported as base64, longer ones as length and hash; default 64 KiB. */
  readonly bodyLimit?: number;
  /** How many requests `requests()` remembers, the newest; default 10,000. */
  readonly recordLimit?: number;
}

/** A running echo server. */
export interface EchoServer {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Requests ever received, counted when their headers are in. */
  readonly total: number;
  /** What it received, oldest first; a request is listed as soon as its headers are in. */
  requests(): EchoRequest[];
  /** Forgets what `requests` lists. */
  clear(): void;
  /** Waits until a request matches; fails naming `what` and what came instead. */
  waitFor(matches: (request: EchoRequest) => boolean, what: string, timeoutMs?: number): Promise<EchoRequest>;
  /** Closes every connection and the listening socket. */
  close(): Promise<void>;
}

type Received = Pick<EchoRequest, "method" | "path" | "protocol" | "headers">;

/**
 * Starts a server on 127.0.0.1, on a free port, that answers with a JSON report of what it received (`EchoRequest`):
 * every octet as it came, header values as latin1. HTTP/1 and HTTP/2 with prior knowledge share the port; it looks at
 * the connection preface. Request headers ask for other answers; those that repeat are marked with *:
 *
 * | header | answer |
 * | --- | --- |
 * | `x-echo-status: 503` | this status |
 * | `x-echo-header: name: value` * | one more response header; HTTP/2 sends equal names next to each other |
 * | `x-echo-trailer: name: value` * | a response trailer; HTTP/1 then has a chunked body |
 * | `x-echo-body: text` | this body instead of the report |
 * | `x-echo-chunks: 10x1000` | ten chunks of 1,000 times `x`, without a content-length |
 * | `x-echo-delay-ms: 50` | waits before the headers |
 * | `x-echo-chunk-delay-ms: 50` | waits between chunks |
 * | `x-echo-early: 1` | answers on the request's headers; needs a body or chunks |
 * | `x-echo-abort: reset` | breaks off with a TCP reset or RST_STREAM; `close` ends the connection early |
 * | `x-echo-abort-after: 3` | … after three chunks (a report or fixed body has two halves); 0: after the headers, -1: before; default 1 |
 *
 * It never buffers more than `bodyLimit` per request and one chunk per response.
 */
export async function startEcho(options: EchoOptions = {}): Promise<EchoServer> {
  const bodyLimit = options.bodyLimit ?? 64 * 1024;
  const log = new RequestLog(options.recordLimit ?? 10_000);
  const sockets = new Set<Socket>();

  const receive = (received: Received): Recording => {
    const recording = new Recording(received, bodyLimit);
    log.add(recording);
    return recording;
  };

  const onHttp1 = (request: IncomingMessage, response: ServerResponse): void => {
    response.sendDate = false;
    const received: Received = {
      method: request.method ?? "",
      path: request.url ?? "",
      protocol: request.httpVersion === "1.0" ? "HTTP/1.0" : "HTTP/1.1",
      headers: toPairs(request.rawHeaders),
    };
    const recording = receive(received);
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const sink = http1Sink(response);
    const send = answer(received, recording, sink, gone.signal);
    request.on("data", (chunk: Buffer) => recording.data(chunk));
    request.on("end", () => {
      recording.end(toPairs(request.rawTrailers));
      log.changed();
      send.whenComplete();
    });
    // A request that breaks off is listed with `complete: false`; there is nobody to tell.
    request.on("error", () => log.changed());
    send.whenHeaders();
  };

  const onHttp2 = (stream: ServerHttp2Stream, rawHeaders: string[]): void => {
    const headers = toPairs(rawHeaders);
    const pseudo = (name: string): string => headers.find(([key]) => key === name)?.[1] ?? "";
    const received: Received = {
      method: pseudo(":method"),
      path: pseudo(":path"),
      protocol: "HTTP/2",
      headers,
    };
    const recording = receive(received);
    const gone = new AbortController();
    stream.on("close", () => gone.abort());
    stream.on("error", () => log.changed());
    const send = answer(received, recording, http2Sink(stream), gone.signal);
    let trailers: HeaderPair[] = [];
    stream.on("trailers", (_headers, _flags, ...rest: unknown[]) => {
      trailers = toPairs((rest[0] as string[] | undefined) ?? []);
    });
    stream.on("data", (chunk: Buffer) => recording.data(chunk));
    stream.on("end", () => {
      recording.end(trailers);
      log.changed();
      send.whenComplete();
    });
    send.whenHeaders();
  };

  const http1 = http.createServer({ requireHostHeader: false, maxHeaderSize: 1024 * 1024 }, onHttp1);
  // A proxy's idle connection must not go away between two requests: that would be a 503 now and then.
  Object.assign(http1, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, maxHeadersCount: 0 });
  const h2c = http2.createServer({
    maxHeaderListPairs: 10_000,
    settings: { maxHeaderListSize: 1024 * 1024, maxConcurrentStreams: 0x7fffffff },
  });
  h2c.on("stream", (stream, _headers, _flags, ...rest: unknown[]) => onHttp2(stream, rest[0] as string[]));
  h2c.on("sessionError", () => undefined);

  const listener = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    sniffHttp(socket, (protocol) => (protocol === "http2" ? h2c : http1).emit("connection", socket));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  return {
    port: (listener.address() as AddressInfo).port,
    get total() {
      return log.total;
    },
    requests: () => log.all(),
    clear: () => log.clear(),
    waitFor: (matches, what, timeoutMs = 10_000) => log.waitFor(matches, what, timeoutMs),
    async close() {
      if (!listener.listening) return;
      const closed = once(listener, "close");
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Decides when the answer goes out: with the headers or with the end of the request. */
function answer(received: Received, recording: Recording, sink: ReplySink, gone: AbortSignal) {
  const plan = planOf(received.headers);
  const report = (): Buffer => Buffer.from(JSON.stringify(recording.snapshot()));
  const send = (): void => {
    reply(plan, received.method, report, sink, gone).catch((error: unknown) => {
      // A response that the protocol forbids, such as `connection` in HTTP/2.
      process.emitWarning(`echo server: ${String(error)}`);
      sink.abort("reset");
    });
  };
  return {
    whenHeaders: plan.early ? send : () => undefined,
    whenComplete: plan.early ? () => undefined : send,
  };
}

function planOf(headers: readonly HeaderPair[]): EchoPlan {
  try {
    return parsePlan(headers);
  } catch (error) {
    if (!(error instanceof EchoPlanError)) throw error;
    const bytes = Buffer.from(`${error.message}\n`, "latin1");
    return { ...parsePlan([]), status: 400, body: { kind: "fixed", bytes } };
  }
}
