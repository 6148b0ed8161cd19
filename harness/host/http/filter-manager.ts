import type { LocalResponse } from "../context.js";
import { type DataStatus, type HeadersStatus, MapType, type TrailersStatus } from "../enums.js";
import type { HeaderMap } from "../header-map.js";
import type { RootContext } from "../root-context.js";
import type { StreamInfo } from "../stream-info.js";
import { hostReply, localReply } from "./local-reply.js";
import { Message } from "./message.js";
import { Stage } from "./stage.js";

export type Side = "request" | "response";

export interface FilterSettings {
  readonly root: RootContext;
  readonly allowStopIteration: boolean;
}

/** What the filter manager tells whoever drives it. */
export interface ManagerEvents {
  /** All of the request is behind the filters. */
  upstream(): void;
  routeCacheCleared(): void;
  localResponse(response: LocalResponse): void;
}

/**
 * One HTTP stream through a chain of filters: requests from the first to the last, responses back (Envoy: source/common/
 * http/filter_manager.cc). What comes out behind the last filter is `upstream`, before the first one `response`.
 */
export class FilterManager {
  readonly stages: readonly Stage[];
  upstream: Message | null = null;
  response: Message | null = null;
  /** Response code details. */
  details: string | undefined;
  resetReason: string | null = null;
  finished = false;
  requestHeaders: HeaderMap | null = null;
  responseHeaders: HeaderMap | null = null;
  /** How deep filter callbacks run. */
  readonly #calls = { request: 0, response: 0 };
  readonly #aborted = { request: false, response: false };
  /** A local reply that waits for the running callback's return. */
  #prepared: LocalResponse | null = null;

  constructor(
    filters: readonly FilterSettings[],
    readonly info: StreamInfo,
    bufferLimit: number,
    readonly events: ManagerEvents,
  ) {
    this.stages = filters.map((filter, index) => new Stage(this, filter, index, bufferLimit));
  }

  // ---- what comes in

  receiveRequest(headers: HeaderMap, end: boolean): HeadersStatus {
    this.requestHeaders = headers;
    return this.stages[0]!.request.receiveHeaders(headers, end);
  }

  receiveRequestData(bytes: Uint8Array, end: boolean): DataStatus | null {
    return this.finished ? null : this.stages[0]!.request.receiveData(bytes, end);
  }

  receiveRequestTrailers(trailers: HeaderMap): TrailersStatus | null {
    return this.finished ? null : this.stages[0]!.request.receiveTrailers(trailers);
  }

  /** @returns null when there is a response already */
  receiveResponse(headers: HeaderMap, end: boolean): HeadersStatus | null {
    if (this.finished || this.responseHeaders !== null) return null;
    this.responseHeaders = headers;
    return this.stages.at(-1)!.response.receiveHeaders(headers, end);
  }

  receiveResponseData(bytes: Uint8Array, end: boolean): DataStatus | null {
    return this.finished ? null : this.stages.at(-1)!.response.receiveData(bytes, end);
  }

  receiveResponseTrailers(trailers: HeaderMap): TrailersStatus | null {
    return this.finished ? null : this.stages.at(-1)!.response.receiveTrailers(trailers);
  }

  sendLocalReply(response: LocalResponse): void {
    if (this.finished) return;
    if (this.#calls.request > 0) this.#aborted.request = true;
    if (this.#calls.response > 0) this.#aborted.response = true;
    this.details = response.details;
    if (this.responseHeaders === null) {
      // The first of two in one callback is sent.
      this.#prepared ??= response;
      this.#runPrepared();
    } else if (this.response === null) {
      this.#replyDirectly(response);
    } else {
      this.reset("a local response after the response's headers");
    }
  }

  reset(reason: string): void {
    if (this.finished) return;
    this.resetReason = reason;
    this.#finish();
  }

  held(side: Side): boolean {
    return !this.finished && this.stages.some((stage) => stage[side].held);
  }

  // ---- what the stages ask for

  /** Runs a filter's callback of one side. */
  call<T>(side: Side, run: () => T): T {
    this.#calls[side] += 1;
    try {
      return run();
    } finally {
      this.#calls[side] -= 1;
    }
  }

  /** The stage that a direction comes to after one; undefined behind the last. */
  next(side: Side, index: number): Stage | undefined {
    return this.stages[side === "request" ? index + 1 : index - 1];
  }

  /** Whether a side is over; a local reply that was prepared for that is sent first. */
  aborted(side: Side): boolean {
    this.#runPrepared();
    return this.finished || this.#aborted[side];
  }

  /** What the access log sees: no request trailers. */
  logged(type: MapType): HeaderMap | null {
    if (type === MapType.RequestHeaders) return this.requestHeaders;
    if (type === MapType.ResponseHeaders) return this.responseHeaders;
    return type === MapType.ResponseTrailers ? (this.response?.trailers ?? null) : null;
  }

  // ---- what leaves the chain

  leaveHeaders(side: Side, headers: HeaderMap, end: boolean): void {
    if (side === "response") {
      if (!/^\d+$/.test(headers.get(":status") ?? "")) {
        return this.#replyDirectly(
          hostReply(502, "missing required header: :status", "filter_removed_required_response_headers"),
        );
      }
      // What a filter changes from now on the client does not see.
      this.response = new Message(headers.clone());
      if (end) this.#complete(this.response);
      return;
    }
    // What Envoy chooses the route by (source/common/router/config_impl.cc), and what it cannot send a request without.
    if (!headers.has("x-forwarded-proto") || !headers.has(":path")) {
      return this.sendLocalReply(hostReply(404, "", "route_not_found"));
    }
    if (!headers.has(":method")) {
      const details = "filter_removed_required_request_headers{missing_required_header:_:method}";
      return this.sendLocalReply(hostReply(503, "missing required header: :method", details));
    }
    this.upstream = new Message(headers.clone());
    if (end) this.#complete(this.upstream);
  }

  leaveData(side: Side, bytes: Uint8Array, end: boolean): void {
    const message = side === "request" ? this.upstream : this.response;
    if (message === null || message.complete) return;
    if (bytes.length > 0) message.chunks.push(bytes);
    if (end) this.#complete(message);
  }

  leaveTrailers(side: Side, trailers: HeaderMap): void {
    const message = side === "request" ? this.upstream : this.response;
    if (message === null || message.complete) return;
    message.trailers = trailers;
    this.#complete(message);
  }

  #complete(message: Message): void {
    message.complete = true;
    if (message === this.upstream) this.events.upstream();
    else this.#finish();
  }

  // ---- answers of Envoy's own

  /** Through the filters' response callbacks, once no request callback runs. */
  #runPrepared(): void {
    const response = this.#prepared;
    if (response === null || this.#calls.request > 0) return;
    this.#prepared = null;
    const { headers, body } = localReply(response, this.requestHeaders!);
    this.receiveResponse(headers, body.length === 0);
    if (body.length > 0) this.receiveResponseData(body, true);
  }

  /** In place of a response that filters have seen but the client has not. */
  #replyDirectly(response: LocalResponse): void {
    const { headers, body } = localReply(response, this.requestHeaders!);
    this.#aborted.response = true;
    this.responseHeaders = headers;
    this.response = new Message(headers);
    if (body.length > 0) this.response.chunks.push(body);
    this.#complete(this.response);
  }

  /** The access log is written first, then each filter is done with. */
  #finish(): void {
    if (this.finished) return;
    this.finished = true;
    for (const { context } of this.stages) context.writeLog();
    for (const { context } of this.stages) {
      context.done();
      context.delete();
    }
  }
}
