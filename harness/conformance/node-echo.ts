import { createHash } from "node:crypto";
import type { Callout, Clock, HttpStream, Message, UpstreamResponse } from "../host/index.js";
import { type EchoPlan, EchoPlanError, parsePlan } from "../upstream/echo-plan.js";
import type { EchoRequest } from "../upstream/index.js";

/** What the way there and back takes; of the host's clock. */
const ROUND_TRIP_MS = 1;

/**
 * The echo upstream of the conformance cases (`startEcho`) without a server: same controls, same report. It answers when
 * the clock has moved on.
 */
export function serveEcho(
  received: Message,
  protocol: "http1" | "http2",
  stream: HttpStream,
  clock: Clock,
): void {
  const request = requestOf(received, protocol);
  const plan = planOf(received);
  const answer = (): void =>
    plan.abort === null ? send(plan, request, stream) : abort(plan, request, stream);
  clock.after(Math.max(plan.delayMs, ROUND_TRIP_MS), answer);
}

const underWay = new WeakSet<Callout>();

/** A callout to the echo upstream is answered once, after its delay. @returns false when it has been seen to already */
export function answerCallout(callout: Callout, clock: Clock): boolean {
  if (underWay.has(callout)) return false;
  underWay.add(callout);
  const { headers, body } = callout;
  // Envoy does not send the trailers of a callout.
  const sent = headers.clone();
  // What Envoy adds.
  sent.add("x-envoy-internal", "true");
  sent.add("x-envoy-expected-rq-timeout-ms", String(callout.timeoutMs));
  const received = { headers: sent, body, trailers: null, complete: true } as Message;
  const plan = planOf(received);
  const answer = (): void => {
    if (!callout.pending) return;
    if (plan.abort !== null) return plan.abort.afterChunks < 0 ? callout.refuse() : callout.fail();
    const { body: pieces = [], ...response } = responseOf(plan, requestOf(received, "http1"));
    callout.respond({ ...response, body: Buffer.concat(pieces as Uint8Array[]) });
  };
  clock.after(Math.max(plan.delayMs, ROUND_TRIP_MS), answer);
  return true;
}

/** What the upstream has of a request. */
export function requestOf(
  { headers, body, trailers, complete }: Message,
  protocol: "http1" | "http2",
): EchoRequest {
  const fields = headers.pairs();
  const authority = headers.get(":authority");
  const plain = fields.filter(([name]) => !name.startsWith(":"));
  return {
    method: headers.get(":method") ?? "",
    path: headers.get(":path") ?? "",
    protocol: protocol === "http2" ? "HTTP/2" : "HTTP/1.1",
    headers:
      protocol === "http2"
        ? fields
        : [...(authority === undefined ? [] : [["host", authority] as const]), ...plain],
    body: {
      length: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
      base64: Buffer.from(body).toString("base64"),
    },
    // HTTP/1 has none behind a body whose length it has told.
    trailers: protocol === "http1" && headers.has("content-length") ? [] : (trailers?.pairs() ?? []),
    complete,
  };
}

function planOf({ headers }: Message): EchoPlan {
  try {
    return parsePlan(headers.pairs());
  } catch (error) {
    if (!(error instanceof EchoPlanError)) throw error;
    const bytes = Buffer.from(`${error.message}\n`, "latin1");
    return { ...parsePlan([]), status: 400, body: { kind: "fixed", bytes } };
  }
}

function responseOf(plan: EchoPlan, request: EchoRequest): UpstreamResponse {
  const bodiless = plan.status === 204 || plan.status === 304;
  const chunks = bodiless ? [] : chunksOf(plan, request);
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const added: [string, string][] = [];
  if (!bodiless && plan.body.kind === "report") added.push(["content-type", "application/json"]);
  if (!bodiless && plan.body.kind !== "chunks" && plan.trailers.length === 0) {
    added.push(["content-length", String(size)]);
  }
  const given = new Set(plan.headers.map(([name]) => name.toLowerCase()));
  const silent = bodiless || request.method === "HEAD" || (size === 0 && plan.body.kind !== "chunks");
  const hasTrailers = plan.trailers.length > 0;
  return {
    status: plan.status,
    headers: [...added.filter(([name]) => !given.has(name)), ...plan.headers],
    body: silent ? [] : [...chunks, ...(hasTrailers ? [] : [new Uint8Array(0)])],
    ...(hasTrailers && { trailers: plan.trailers }),
  };
}

function chunksOf(plan: EchoPlan, request: EchoRequest): Uint8Array[] {
  if (plan.body.kind === "chunks") {
    return new Array<Uint8Array>(plan.body.count).fill(Buffer.alloc(plan.body.size, "x"));
  }
  const bytes = plan.body.kind === "fixed" ? plan.body.bytes : Buffer.from(JSON.stringify(request));
  const half = bytes.length >> 1;
  return plan.abort ? [bytes.subarray(0, half), bytes.subarray(half)] : [bytes];
}

function send(plan: EchoPlan, request: EchoRequest, stream: HttpStream): void {
  const { body = [], trailers, ...head } = responseOf(plan, request);
  const pieces = body as Uint8Array[];
  stream.respondHeaders(head, { endOfStream: pieces.length === 0 && trailers === undefined });
  pieces.forEach((piece, i) =>
    stream.respondBody(piece, { endOfStream: trailers === undefined && i === pieces.length - 1 }),
  );
  if (trailers !== undefined) stream.respondTrailers(trailers);
}

/** Breaks off where the plan says. */
function abort(plan: EchoPlan, request: EchoRequest, stream: HttpStream): void {
  const after = plan.abort?.afterChunks ?? 0;
  if (after >= 0) {
    stream.respondHeaders(responseOf(plan, request));
    for (const chunk of chunksOf(plan, request).slice(0, after)) stream.respondBody(chunk);
  }
  stream.breakUpstream();
}
