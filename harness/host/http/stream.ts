import type { LocalResponse } from "../context.js";
import type { DataStatus, HeadersStatus, TrailersStatus } from "../enums.js";
import { HeaderMap, type HeaderInit } from "../header-map.js";
import { bodyBytes, type Octets } from "../octets.js";
import { type Json, structValue } from "../metadata.js";
import type { Plugin } from "../plugin.js";
import type { PropertyValue } from "../property-value.js";
import { StreamInfo } from "../stream-info.js";
import { type Addresses, httpAttributes, type StreamFacts } from "./attributes.js";
import { FilterManager } from "./filter-manager.js";
import { hostReply } from "./local-reply.js";
import type { Message } from "./message.js";
import {
  answer,
  requestHeaders,
  type HttpRequest,
  responseHeaders,
  type Upstream,
  type UpstreamResponse,
} from "./request.js";

interface EndOfStream {
  readonly endOfStream?: boolean;
}

export interface HttpStreamOptions extends Addresses {
  readonly protocol?: "http1" | "http2";
  /** Bytes that Envoy holds for `StopIterationAndBuffer` before it answers 413 or 500; 1 MiB by default. */
  readonly bufferLimit?: number;
}

const PROTOCOLS = { http1: "HTTP/1.1", http2: "HTTP/2" } as const;
const DEFAULT_BUFFER_LIMIT = 1024 * 1024;
const UPSTREAM_BROKE_OFF =
  "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

/**
 * One HTTP stream through a filter, or through a chain of them, with the test as client and as upstream. Each `send…` and
 * `respond…` is what the network would bring; what comes out is in `upstreamRequest` and in `response`. The statuses are
 * those that Envoy acts on: a `StopIteration` that it makes a `StopAllIterationAndWatermark` is one here.
 */
export class HttpStream {
  /**
   * For the host: who answers, in a later turn of the event loop, once the whole request has reached the upstream. Not a
   * callback: V8 kept streams that hold a closure over themselves until its next full collection, and twenty thousand
   * requests took a third longer.
   */
  upstream: Upstream | null = null;
  /** The last local response that a filter has sent; null when none has. */
  localResponse: LocalResponse | null = null;
  /** How often a filter has asked for a new choice of route. */
  routeCacheClears = 0;

  readonly #manager: FilterManager;
  readonly #info: StreamInfo;
  readonly #startedAt: bigint;
  readonly #received = { request: 0, response: 0 };

  /** @param plugins in the order of the filter chain */
  constructor(
    private readonly plugins: readonly [Plugin, ...Plugin[]],
    private readonly options: HttpStreamOptions = {},
  ) {
    this.#startedAt = plugins[0].host.clock.nanoseconds;
    const facts = () => this.#facts();
    this.#info = new StreamInfo((name, context) => httpAttributes(name, facts(), context));
    const filters = plugins.map(({ root, allowOnHeadersStopIteration }) => ({
      root,
      allowStopIteration: allowOnHeadersStopIteration,
    }));
    this.#manager = new FilterManager(filters, this.#info, options.bufferLimit ?? DEFAULT_BUFFER_LIMIT, {
      upstream: () => this.#reached(),
      routeCacheCleared: () => (this.routeCacheClears += 1),
      localResponse: (response) => (this.localResponse = response),
    });
  }

  /** The number that the first filter's module knows this stream by. */
  get id(): number {
    return this.#manager.stages[0]!.context.id;
  }

  // ---- the client

  /**
   * The request's headers arrive. Pseudo headers and those that Envoy adds (`x-forwarded-proto`, `x-request-id`) are
   * there whether given or not.
   */
  sendHeaders(
    request: Omit<HttpRequest, "body" | "trailers"> = {},
    { endOfStream = false }: EndOfStream = {},
  ): HeadersStatus {
    const scheme = this.options.tls === undefined ? "http" : "https";
    const headers = requestHeaders(request, scheme, this.plugins[0].host.nextRequestId());
    return this.#drive(() => this.#manager.receiveRequest(headers, endOfStream));
  }

  /** A piece of the request's body arrives. @returns null when the filter did not see it, because all is held */
  sendBody(piece: Octets, { endOfStream = false }: EndOfStream = {}): DataStatus | null {
    const bytes = bodyBytes(piece);
    this.#received.request += bytes.length;
    return this.#drive(() => this.#manager.receiveRequestData(bytes, endOfStream));
  }

  sendTrailers(trailers: HeaderInit): TrailersStatus | null {
    return this.#drive(() => this.#manager.receiveRequestTrailers(HeaderMap.from(trailers)));
  }

  /** The client goes away. */
  abort(): void {
    this.#drive(() => this.#manager.reset("the client went away"));
  }

  // ---- the upstream

  /** The response's headers arrive, `:status` 200 unless given. @returns null when there is a response already */
  respondHeaders(
    response: Pick<UpstreamResponse, "status" | "headers"> = {},
    { endOfStream = false }: EndOfStream = {},
  ): HeadersStatus | null {
    return this.#drive(() => {
      if (this.#manager.responseHeaders === null) this.#manager.details = "via_upstream";
      return this.#manager.receiveResponse(responseHeaders(response), endOfStream);
    });
  }

  respondBody(piece: Octets, { endOfStream = false }: EndOfStream = {}): DataStatus | null {
    const bytes = bodyBytes(piece);
    this.#received.response += bytes.length;
    return this.#drive(() => this.#manager.receiveResponseData(bytes, endOfStream));
  }

  respondTrailers(trailers: HeaderInit): TrailersStatus | null {
    return this.#drive(() => this.#manager.receiveResponseTrailers(HeaderMap.from(trailers)));
  }

  /** The upstream breaks off: Envoy answers 503, or resets the client's stream when that has seen headers. */
  breakUpstream(): void {
    this.#drive(() => {
      if (this.#manager.response !== null) {
        this.#manager.details = "upstream_reset_after_response_started{connection_termination}";
        this.#manager.reset("upstream reset");
      } else
        this.#manager.sendLocalReply(
          hostReply(
            503,
            UPSTREAM_BROKE_OFF,
            "upstream_reset_before_response_started{connection_termination}",
          ),
        );
    });
  }

  // ---- what came of it

  /** The request behind the filters. @throws {Error} that says why nothing has reached the upstream */
  get upstreamRequest(): Message {
    const { upstream } = this.#manager;
    if (upstream === null) throw new Error(`nothing has reached the upstream: ${this.#why()}`);
    return upstream;
  }

  get reachedUpstream(): boolean {
    return this.#manager.upstream !== null;
  }

  /** The response behind the filters. @throws {Error} that says why nothing has reached the client */
  get response(): Message {
    const { response } = this.#manager;
    if (response === null) throw new Error(`nothing has reached the client: ${this.#why()}`);
    return response;
  }

  get answered(): boolean {
    return this.#manager.response !== null;
  }

  /** Which directions a filter holds. */
  get held(): { readonly request: boolean; readonly response: boolean } {
    return { request: this.#manager.held("request"), response: this.#manager.held("response") };
  }

  /** The stream is over: logged, done and deleted. */
  get finished(): boolean {
    return this.#manager.finished;
  }

  /** Why the client's stream broke off; null when it did not. */
  get resetReason(): string | null {
    return this.#manager.resetReason;
  }

  /** Response code details, as in access logs. */
  get details(): string | undefined {
    return this.#manager.details;
  }

  /** The headers as they are on their way now, held ones too; null before they came. */
  get requestHeaders(): HeaderMap | null {
    return this.#manager.requestHeaders;
  }

  get responseHeaders(): HeaderMap | null {
    return this.#manager.responseHeaders;
  }

  /** What the first filter holds of the request's body. */
  get heldRequestBody(): Uint8Array {
    return this.#manager.stages[0]!.request.buffered?.bytes() ?? new Uint8Array(0);
  }

  /** What the first filter holds of the response's body. */
  get heldResponseBody(): Uint8Array {
    return this.#manager.stages[0]!.response.buffered?.bytes() ?? new Uint8Array(0);
  }

  /** What a property answers from now on, instead of what the host works out; parts in a list, or joined by NUL. */
  setProperty(path: string | readonly string[], value: PropertyValue): this {
    this.#info.setProperty(path, value);
    return this;
  }

  /**
   * What a native filter before this one has written to the stream's dynamic metadata.
   *
   * @param namespace the filter's name: `envoy.filters.http.jwt_authn`
   */
  setDynamicMetadata(namespace: string, value: Json): this {
    return this.setProperty(["metadata", "filter_metadata", namespace], structValue(value));
  }

  /** Filter state by its key: `wasm.<name>` for what a filter sets as a property. */
  filterState(key: string): Uint8Array | undefined {
    return this.#info.filterState(key);
  }

  setFilterState(key: string, value: PropertyValue): this {
    this.#info.setFilterState(key, value);
    return this;
  }

  #drive<T>(action: () => T): T {
    const { host } = this.plugins[0];
    return host.drive(
      this.plugins.map(({ root }) => root),
      action,
    );
  }

  #reached(): void {
    const { upstream } = this;
    if (upstream !== null) this.plugins[0].host.post(() => answer(this, upstream));
  }

  #facts(): StreamFacts {
    const { responseHeaders, details, upstream, finished } = this.#manager;
    return {
      protocol: PROTOCOLS[this.options.protocol ?? "http1"],
      startedAt: this.#startedAt,
      now: this.plugins[0].host.clock.nanoseconds,
      requestBytes: this.#received.request,
      responseBytes: this.#received.response,
      responseHeaders,
      details,
      connectionId: this.id,
      addresses: this.options,
      upstreamConnected: upstream !== null && responseHeaders !== null && details === "via_upstream",
      finished,
    };
  }

  #why(): string {
    if (this.resetReason !== null) return `the stream was reset (${this.resetReason})`;
    if (this.requestHeaders === null) return "no headers were sent";
    if (this.held.request) return "the request is held";
    if (this.held.response) return "the response is held";
    return this.answered ? `it was answered with ${this.response.status}` : "the upstream has not answered";
  }
}
