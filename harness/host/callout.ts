import { ConstBuffer } from "./buffer.js";
import type { Cancel } from "./clock.js";
import { Status } from "./enums.js";
import { HeaderMap, type HeaderInit } from "./header-map.js";
import { bodyBytes, type Octets, toText } from "./octets.js";
import type { RootContext } from "./root-context.js";

export interface CalloutRequest {
  /** The cluster's name. */
  readonly upstream: string;
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  /** Envoy takes them and does not send them. */
  readonly trailers: HeaderMap | null;
  /** 0 means none. */
  readonly timeoutMs: number;
}

export interface CalloutResponse {
  readonly status?: number;
  readonly headers?: HeaderInit;
  readonly body?: Octets;
  readonly trailers?: HeaderInit;
}

/**
 * An HTTP call that a plugin has made. It waits until the test answers it, or until the clock passes its time limit. The
 * answer goes to the plugin's context, whichever stream asked: that stream may be gone.
 */
export class Callout implements CalloutRequest {
  readonly upstream: string;
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  readonly trailers: HeaderMap | null;
  readonly timeoutMs: number;
  readonly #cancelTimeout: Cancel = () => undefined;

  constructor(
    private readonly root: RootContext,
    readonly id: number,
    request: CalloutRequest,
  ) {
    ({
      upstream: this.upstream,
      headers: this.headers,
      body: this.body,
      trailers: this.trailers,
      timeoutMs: this.timeoutMs,
    } = request);
    if (this.timeoutMs > 0) {
      this.#cancelTimeout = root.vm.host.clock.after(this.timeoutMs, () => this.timeOut());
    }
  }

  /** The body as text. */
  get text(): string {
    return toText(this.body);
  }

  /** False once it has been answered, or its plugin has gone. */
  get pending(): boolean {
    return this.root.callouts.get(this.id) === this;
  }

  /** Answers it. @throws {Error} when it is answered already */
  respond(response: CalloutResponse = {}): void {
    const headers = HeaderMap.from(response.headers, "response");
    if (!headers.has(":status")) headers.add(":status", String(response.status ?? 200));
    const body = bodyBytes(response.body ?? "");
    const trailers = response.trailers === undefined ? null : HeaderMap.from(response.trailers);
    this.#deliver(() => {
      this.root.httpResponse = { headers, body: new ConstBuffer(body), trailers };
      this.root.callouts.delete(this.id);
      this.root.httpCallResponse(this.id, headers.size, body.length, trailers?.size ?? 0);
    });
  }

  /** Breaks it off after the response has begun: the plugin sees no headers, and `BrokenConnection` as status. */
  fail(): void {
    this.#deliver(() => {
      this.root.callouts.delete(this.id);
      this.root.statusCode = Status.BrokenConnection;
      this.root.statusMessage = "reset";
      this.root.httpCallResponse(this.id, 0, 0, 0);
      this.root.statusMessage = "";
    });
  }

  /** Its time limit has passed: Envoy answers in the upstream's place. */
  timeOut(): void {
    this.#instead(504, "upstream request timeout");
  }

  /** The upstream closes the connection before it has answered: Envoy answers in its place. */
  refuse(): void {
    this.#instead(
      503,
      "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    );
  }

  #instead(status: number, body: string): void {
    const headers = { "content-length": String(body.length), "content-type": "text/plain" };
    this.respond({ status, headers, body });
  }

  #deliver(action: () => void): void {
    if (!this.pending) throw new Error(`callout ${this.id} to ${this.upstream} is no longer pending`);
    this.#cancelTimeout();
    const { vm } = this.root;
    if (vm.busy) vm.afterCall(action);
    else vm.host.drive([this.root], action);
  }
}
