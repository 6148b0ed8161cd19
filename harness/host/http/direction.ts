import { Body } from "../buffer.js";
import { DataStatus, HeadersStatus, TrailersStatus } from "../enums.js";
import type { HeaderMap } from "../header-map.js";

/** Where one direction of a stream goes: through the filter, and on to whoever comes after it. */
export interface Way {
  filterHeaders(end: boolean): HeadersStatus;
  filterData(body: Body, end: boolean): DataStatus;
  filterTrailers(): TrailersStatus;
  passHeaders(end: boolean): void;
  passData(bytes: Uint8Array, end: boolean): void;
  passTrailers(): void;
  /** A local reply or a reset has ended this direction; what was prepared for that is done here. */
  aborted(): boolean;
  /** More is held than the limit allows. */
  tooLarge(): void;
  /** The filter did what Envoy does not survive. */
  hazard(what: string): void;
}

type Iteration = "continue" | "stop" | "stop-all-buffer" | "stop-all-watermark";

/**
 * Envoy's iteration over one filter (source/common/http/filter_manager.cc): what a callback's result holds, what is
 * buffered, and what the filter sees again when it continues.
 */
export class Direction {
  headers: HeaderMap | null = null;
  trailers: HeaderMap | null = null;
  /** What is held. */
  buffered: Body | null = null;
  /** Everything of this direction has come in. */
  ended = false;
  #iteration: Iteration = "continue";
  #headersPassed = false;
  #inHeaders = false;
  #iterateFromFilter = false;
  #streaming = false;

  constructor(
    private readonly way: Way,
    private readonly bufferLimit: number,
  ) {}

  get held(): boolean {
    return this.#iteration !== "continue";
  }

  receiveHeaders(headers: HeaderMap, end: boolean): HeadersStatus {
    this.headers = headers;
    this.ended = end;
    this.#inHeaders = true;
    const status = this.way.filterHeaders(end);
    this.#inHeaders = false;
    if (this.way.aborted()) return status;
    if (status === HeadersStatus.StopIteration) this.#iteration = "stop";
    else if (status === HeadersStatus.StopAllIterationAndBuffer) this.#iteration = "stop-all-buffer";
    else if (status === HeadersStatus.StopAllIterationAndWatermark) this.#iteration = "stop-all-watermark";
    else if (this.#headersPassed)
      this.way.hazard("continued the stream inside the header callback, and again by its result");
    else this.#passHeaders(end);
    return status;
  }

  receiveData(bytes: Uint8Array, end: boolean): DataStatus | null {
    if (end) this.ended = true;
    return this.#iterateData(new Body(bytes), end, true);
  }

  receiveTrailers(trailers: HeaderMap): TrailersStatus | null {
    this.trailers = trailers;
    this.ended = true;
    if (this.#stoppedAll()) return null;
    return this.#iterateTrailers(true);
  }

  /** `proxy_continue_stream`, and what a body callback's Continue does to a stopped direction. */
  resume(): void {
    if (this.way.aborted()) return;
    if (this.headers === null) return this.way.hazard("continued a direction that has not begun");
    if (this.#iteration === "continue" && this.#headersPassed && this.trailers !== null) {
      this.way.hazard("continued a stream that is not held");
      return;
    }
    // Before the header callback has returned, Envoy passes the headers on and then applies the callback's result.
    if (this.#iteration === "continue" && !this.#headersPassed && !this.#inHeaders) return;
    this.#iterateFromFilter = this.#stoppedAll();
    this.#iteration = "continue";
    if (!this.#headersPassed)
      this.#passHeaders(this.ended && this.buffered === null && this.trailers === null);
    const hadTrailers = this.trailers !== null;
    if (this.buffered !== null) {
      this.#iterateData(this.buffered, this.ended && !hadTrailers, this.#iterateFromFilter);
    }
    if (hadTrailers && !this.held) this.#iterateTrailers(this.#iterateFromFilter);
    this.#iterateFromFilter = false;
  }

  /** Moves data to what is held; the filter asks for it before it looks at all that has come. */
  buffer(body: Body, streaming: boolean): void {
    this.#streaming = streaming;
    if (this.buffered === body) return;
    this.buffered ??= new Body();
    this.buffered.move(body);
    if (!streaming && this.buffered.size > this.bufferLimit) this.way.tooLarge();
  }

  #iterateData(body: Body, end: boolean, throughFilter: boolean): DataStatus | null {
    if (this.way.aborted()) return null;
    let status: DataStatus | null = null;
    let trailersAdded = false;
    if (throughFilter) {
      if (this.#stoppedAll()) {
        this.buffer(body, this.#iteration === "stop-all-watermark");
        return null;
      }
      const before = this.trailers;
      status = this.way.filterData(body, end && before === null);
      if (this.way.aborted()) return status;
      trailersAdded = before === null && this.trailers !== null;
      if (!this.#afterData(status, body)) return status;
    }
    if (this.buffered === body) this.buffered = null;
    this.way.passData(body.drain(), end && this.trailers === null);
    if (trailersAdded && !this.way.aborted()) this.way.passTrailers();
    return status;
  }

  /** True when the data goes on now. */
  #afterData(status: DataStatus, body: Body): boolean {
    if (status === DataStatus.Continue) {
      if (this.#iteration !== "stop") return true;
      this.buffer(body, this.#streaming);
      this.resume();
      return false;
    }
    this.#iteration = "stop";
    if (status === DataStatus.StopIterationNoBuffer) {
      // So that continuing later ends the body.
      if (this.ended && this.trailers === null) this.buffered ??= new Body();
      return false;
    }
    this.buffer(body, status === DataStatus.StopIterationAndWatermark);
    return false;
  }

  #iterateTrailers(throughFilter: boolean): TrailersStatus | null {
    if (this.way.aborted()) return null;
    if (!throughFilter) {
      this.way.passTrailers();
      return null;
    }
    const status = this.way.filterTrailers();
    if (this.way.aborted()) return status;
    if (status === TrailersStatus.StopIteration) {
      if (this.#iteration === "continue") this.#iteration = "stop";
    } else if (this.#iteration === "stop") {
      this.resume();
    } else {
      this.way.passTrailers();
    }
    return status;
  }

  #passHeaders(end: boolean): void {
    this.#headersPassed = true;
    this.way.passHeaders(end);
  }

  #stoppedAll(): boolean {
    return this.#iteration.startsWith("stop-all");
  }
}
