import type { FilterChain, Host, HttpStream, Plugin } from "../host/index.js";
import type { JwksPlan } from "../upstream/index.js";
import type { Case, CaseRequest } from "./cases.js";
import type { Observed } from "./check.js";
import type { ClientResponse, HeaderPair } from "./client.js";
import { describeStream } from "./node-attributes.js";
import { answerCallout, requestOf, serveEcho } from "./node-echo.js";
import { serveGrpc } from "./node-grpc.js";
import { answerFetch } from "./node-jwks.js";
import { describeRoute, prepareStream, routeOf } from "./node-routes.js";
import type { Sending } from "./requests.js";

/** As long as the client of the Envoy subject waits; of the host's clock, which costs no time. */
const PATIENCE_MS = 10_000;

/** A case's plugins, started. */
export interface Running {
  readonly host: Host;
  readonly plugins: readonly [Plugin, ...Plugin[]];
  readonly chain: FilterChain;
  readonly plan: JwksPlan;
}

/** Sends the requests of one group at the same time, and waits until all of them are over. */
export function sendGroup(running: Running, one: Case, group: readonly Sending[]): Observed[] {
  const pause = Math.max(0, ...group.map(({ request }) => request.pause ?? 0));
  if (pause > 0) letTimePass(running, pause);
  const streams = group.map(({ request }) => start(running, one, request));
  group.forEach(({ request }, i) => leave(running, streams[i]!, request.abandon));
  const over = () =>
    streams.every(({ finished }) => finished) &&
    running.plugins.every(({ callouts }) => callouts.length === 0);
  pump(running, PATIENCE_MS, over);
  return group.map(({ request }, i) => {
    const stream = streams[i]!;
    if (!stream.finished) stream.abort();
    const upstream = stream.reachedUpstream ? requestOf(stream.upstreamRequest, request.protocol) : undefined;
    return { response: clientResponse(stream, request), upstream, details: stream.details };
  });
}

/** Moves the clock on, while callouts are answered. */
export function letTimePass(running: Running, milliseconds: number): void {
  const { clock } = running.host;
  const until = clock.nanoseconds + BigInt(milliseconds) * 1_000_000n;
  pump(running, milliseconds, () => false);
  const left = Number(until - clock.nanoseconds) / 1e6;
  if (left > 0) running.plugins[0].advance(left);
}

function start(running: Running, one: Case, request: CaseRequest): HttpStream {
  const stream = running.chain.http({ protocol: request.protocol });
  describeStream(stream);
  describeRoute(stream, routeOf(one, request));
  prepareStream(stream, one);
  running.chain.send(stream, clientRequest(request), (received, live) => {
    serveEcho(received, request.protocol, live, running.host.clock);
    return null;
  });
  return stream;
}

/** The client goes away when it is told to, or has to wait no more. */
function leave(running: Running, stream: HttpStream, abandon: CaseRequest["abandon"]): void {
  if (abandon === undefined) return;
  const asked = () => running.plugins.some(({ callouts }) => callouts.length > 0);
  if (abandon === "callout") pump(running, PATIENCE_MS, () => stream.finished || asked());
  else letTimePass(running, abandon);
  if (!stream.finished) stream.abort();
}

/** Lets time pass, and callouts be answered, until something is so; at most for a while. */
function pump(running: Running, withinMs: number, over: () => boolean): void {
  const { host, plugins } = running;
  const deadline = host.clock.nanoseconds + BigInt(withinMs) * 1_000_000n;
  const roots = plugins.map(({ root }) => root);
  while (!over()) {
    if (answered(running)) continue;
    const left = Number(deadline - host.clock.nanoseconds) / 1e6;
    if (left <= 0 || !host.drive(roots, () => host.clock.advanceToNext(left))) return;
  }
}

function answered({ host: { clock }, plugins, plan }: Running): boolean {
  return plugins.some(
    ({ callouts, grpcCalls }) =>
      callouts.some((callout) =>
        callout.upstream === "jwks" ? answerFetch(callout, clock, plan) : answerCallout(callout, clock),
      ) || grpcCalls.some((call) => serveGrpc(call, clock)),
  );
}

/** What a client's codec makes of a request: HTTP/1 says how long its body is, and tells of its end by itself. */
function clientRequest({ method, path, authority, headers, body, trailers = [], protocol }: CaseRequest) {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const sized = protocol === "http1" && bytes !== undefined && trailers.length === 0;
  const end = protocol === "http1" && trailers.length === 0 ? [new Uint8Array(0)] : [];
  return {
    protocol,
    method,
    path,
    authority,
    headers: [...headers, ...(sized ? [["content-length", String(bytes.length)] as const] : [])],
    ...(bytes !== undefined && { body: [bytes, ...end] }),
    ...(trailers.length > 0 && { trailers }),
  };
}

function clientResponse(stream: HttpStream, { protocol }: CaseRequest): ClientResponse {
  if (!stream.answered) {
    const reset = stream.resetReason ?? "no answer";
    return { status: 0, headers: [], body: Buffer.alloc(0), trailers: [], reset };
  }
  const { response } = stream;
  // HTTP/1 has no blanks around a value.
  const field = ([name, value]: HeaderPair): HeaderPair => [
    name,
    protocol === "http1" ? value.trim() : value,
  ];
  return {
    status: response.status,
    headers: response.headers
      .pairs()
      .filter(([name]) => !name.startsWith(":"))
      .map(field),
    body: Buffer.from(response.body),
    trailers: response.trailers?.pairs().map(field) ?? [],
    ...(stream.resetReason !== null && { reset: stream.resetReason }),
  };
}
