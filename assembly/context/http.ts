// SPDX-License-Identifier: Apache-2.0
import { makeEffective } from "../abi/callback";
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterMetadataStatus,
  FilterTrailersStatus,
  Status,
  StreamType,
} from "../abi/enums";
import { proxy_close_stream } from "../abi/imports";
import { goneBuffer, HostBuffer, requestBody, responseBody } from "../host/body";
import {
  goneHeaders,
  HeaderMap,
  requestHeaders,
  requestTrailers,
  responseHeaders,
  responseTrailers,
} from "../host/headers";
import { clearRoute } from "../host/filter-state";
import { LocalResponse, send } from "../host/local-response";
import { Context, ContextKind } from "./context";
import { enter, Flow, leave, resume, resumed, statusAfter } from "./flow";

/**
 * One HTTP stream. Extend it, override the callbacks that the filter needs, and return it from
 * `PluginContext.createHttpContext`. A callback that no filter class overrides is not exported at all, and Envoy does
 * not call into the VM for it.
 *
 * `endOfStream` says that nothing follows in this direction.
 *
 * A context may be kept and used from another callback, for example to continue it from the plugin's `onTick`: what is
 * done through it acts on its own stream, and does nothing once that is gone.
 */
export abstract class HttpContext extends Context {
  /** Whether each direction is held. */
  private _requestFlow: Flow = Flow.Flowing;
  private _responseFlow: Flow = Flow.Flowing;
  private _answered: bool = false;

  constructor() {
    super(ContextKind.Http);
  }

  /** @param count number of header pairs, pseudo headers included */
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }

  /** @param size bytes in `requestBody` now: the new chunk, or all that has been held */
  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    return FilterDataStatus.Continue;
  }

  /** @param count number of trailer pairs */
  onRequestTrailers(count: u32): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  /**
   * An HTTP/2 METADATA frame, where the connection manager allows them. The host gives no way to read it.
   *
   * @param count number of its pairs
   */
  onRequestMetadata(count: u32): FilterMetadataStatus {
    return FilterMetadataStatus.Continue;
  }

  /**
   * The upstream's answer, or a local response of Envoy's or of a filter.
   *
   * @param count number of header pairs, `:status` included
   */
  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }

  /** @param size bytes in `responseBody` now: the new chunk, or all that has been held */
  onResponseBody(size: u32, endOfStream: bool): FilterDataStatus {
    return FilterDataStatus.Continue;
  }

  /** @param count number of trailer pairs */
  onResponseTrailers(count: u32): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  /** As `onRequestMetadata`, from the upstream. */
  onResponseMetadata(count: u32): FilterMetadataStatus {
    return FilterMetadataStatus.Continue;
  }

  /** The stream has ended, in whatever way. */
  onDone(): void {}

  /** In `onRequestHeaders` and while the request is held; to be read in `onLog`. */
  get requestHeaders(): HeaderMap {
    return makeEffective(this.id) ? requestHeaders : goneHeaders;
  }

  /** In `onRequestTrailers` and while they are held. */
  get requestTrailers(): HeaderMap {
    return makeEffective(this.id) ? requestTrailers : goneHeaders;
  }

  /** In `onRequestBody`: the new chunk, or all that has been held. */
  get requestBody(): HostBuffer {
    return makeEffective(this.id) ? requestBody : goneBuffer;
  }

  /** In `onResponseHeaders` and while the response is held; to be read in `onLog`. */
  get responseHeaders(): HeaderMap {
    return makeEffective(this.id) ? responseHeaders : goneHeaders;
  }

  /** In `onResponseTrailers` and while they are held; to be read in `onLog`. */
  get responseTrailers(): HeaderMap {
    return makeEffective(this.id) ? responseTrailers : goneHeaders;
  }

  /** In `onResponseBody`: the new chunk, or all that has been held. */
  get responseBody(): HostBuffer {
    return makeEffective(this.id) ? responseBody : goneBuffer;
  }

  /**
   * Answers in place of the upstream. Envoy stops the stream whatever the callback then returns, and runs the response
   * through the filters, this one included.
   *
   * @returns `BadArgument` when this filter has answered already (a second answer corrupts Envoy's stream:
   *   envoyproxy/envoy#23047), when the stream has ended (in `onLog` it ends Envoy), when the status code is not final, or when the headers exceed the host's limits
   */
  sendLocalResponse(response: LocalResponse): Status {
    if (this._answered || !makeEffective(this.id)) return Status.BadArgument;
    const status = send(response);
    if (status == Status.Ok) {
      this._answered = true;
      this._requestFlow = Flow.Ended;
    }
    return status;
  }

  /**
   * Lets a held request go on; inside a request callback it makes that callback continue, whatever it returns.
   *
   * @returns `BadArgument` when the request is not held or this filter has answered it; Envoy is not asked then,
   *   because continuing a stream that is not stopped, or is gone, corrupts it (envoyproxy/envoy#13857)
   */
  continueRequest(): Status {
    if (!makeEffective(this.id)) return Status.BadArgument;
    const flow = this._requestFlow;
    this._requestFlow = resumed(flow);
    return resume(flow, StreamType.HttpRequest);
  }

  /** As `continueRequest`, for the response. */
  continueResponse(): Status {
    if (!makeEffective(this.id)) return Status.BadArgument;
    const flow = this._responseFlow;
    this._responseFlow = resumed(flow);
    return resume(flow, StreamType.HttpResponse);
  }

  /**
   * Makes Envoy choose the route anew, before the request is continued, after something has changed that routes look at,
   * such as filter state. When request headers are changed Envoy 1.40 does it by itself.
   *
   * Before Envoy 1.37 it acts on the context whose callback runs, so that it does nothing in an answer or a tick
   * (envoyproxy/envoy#42227).
   */
  clearRouteCache(): Status {
    return makeEffective(this.id) ? clearRoute() : Status.BadArgument;
  }

  /** Resets the stream: the client sees a reset (HTTP/2) or a closed connection (HTTP/1.1), no response. */
  resetStream(): Status {
    if (!makeEffective(this.id)) return Status.BadArgument;
    this._requestFlow = Flow.Ended;
    this._responseFlow = Flow.Ended;
    return proxy_close_stream(StreamType.HttpRequest);
  }

  /** @internal The stream has ended. A local response from here on, in `onLog` for instance, would end Envoy. */
  _over(): void {
    this._answered = true;
    this._requestFlow = Flow.Ended;
    this._responseFlow = Flow.Ended;
  }

  /** @internal Before a callback of this direction. */
  _enterRequest(): void {
    this._requestFlow = enter(this._requestFlow);
  }

  /** @internal After it; takes the status that it returned and gives the one for the host. */
  _leaveRequest(returned: i32): i32 {
    const status = statusAfter(this._requestFlow, returned);
    this._requestFlow = leave(this._requestFlow, status);
    return status;
  }

  /** @internal Before a callback of this direction. */
  _enterResponse(): void {
    this._responseFlow = enter(this._responseFlow);
  }

  /** @internal After it; takes the status that it returned and gives the one for the host. */
  _leaveResponse(returned: i32): i32 {
    const status = statusAfter(this._responseFlow, returned);
    this._responseFlow = leave(this._responseFlow, status);
    return status;
  }
}
