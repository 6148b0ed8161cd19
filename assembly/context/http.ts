// SPDX-License-Identifier: Apache-2.0
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  Status,
  StreamType,
} from "../abi/enums";
import { proxy_close_stream } from "../abi/imports";
import { HostBuffer, requestBody, responseBody } from "../host/body";
import {
  HeaderMap,
  requestHeaders,
  requestTrailers,
  responseHeaders,
  responseTrailers,
} from "../host/headers";
import { LocalResponse, send } from "../host/local-response";
import { Context, ContextKind } from "./context";
import { Flow, resume, resumed } from "./flow";

/**
 * One HTTP stream. Extend it, override the callbacks that the filter needs, and return it from
 * `PluginContext.createHttpContext`. A callback that no filter class overrides is not exported at all, and Envoy does
 * not call into the VM for it.
 *
 * `endOfStream` says that nothing follows in this direction.
 */
export abstract class HttpContext extends Context {
  /** For the SDK: whether each direction is held. */
  requestFlow: Flow = Flow.Flowing;
  responseFlow: Flow = Flow.Flowing;
  private answered: bool = false;

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

  onRequestTrailers(count: u32): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }

  onResponseBody(size: u32, endOfStream: bool): FilterDataStatus {
    return FilterDataStatus.Continue;
  }

  onResponseTrailers(count: u32): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  /** The stream has ended, in whatever way. */
  onDone(): void {}

  get requestHeaders(): HeaderMap {
    return requestHeaders;
  }

  get requestTrailers(): HeaderMap {
    return requestTrailers;
  }

  get requestBody(): HostBuffer {
    return requestBody;
  }

  get responseHeaders(): HeaderMap {
    return responseHeaders;
  }

  get responseTrailers(): HeaderMap {
    return responseTrailers;
  }

  get responseBody(): HostBuffer {
    return responseBody;
  }

  /**
   * Answers in place of the upstream. Envoy stops the stream whatever the callback then returns, and runs the response
   * through the filters, this one included.
   *
   * @returns `BadArgument` when this filter has answered already (a second answer corrupts Envoy's stream:
   *   envoyproxy/envoy#23047), when the status code is not final, or when the headers exceed the host's limits
   */
  sendLocalResponse(response: LocalResponse): Status {
    if (this.answered) return Status.BadArgument;
    const status = send(response);
    if (status == Status.Ok) {
      this.answered = true;
      this.requestFlow = Flow.Ended;
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
    const flow = this.requestFlow;
    this.requestFlow = resumed(flow);
    return resume(flow, StreamType.HttpRequest);
  }

  /** As `continueRequest`, for the response. */
  continueResponse(): Status {
    const flow = this.responseFlow;
    this.responseFlow = resumed(flow);
    return resume(flow, StreamType.HttpResponse);
  }

  /** Resets the stream: the client sees a reset (HTTP/2) or a closed connection (HTTP/1.1), no response. */
  resetStream(): Status {
    this.requestFlow = Flow.Ended;
    this.responseFlow = Flow.Ended;
    return proxy_close_stream(StreamType.HttpRequest);
  }
}
