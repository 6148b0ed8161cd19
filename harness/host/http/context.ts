import { type Body, type HostBuffer, NO_BODY } from "../buffer.js";
import { Context, type LocalResponse } from "../context.js";
import {
  BufferType,
  DataStatus,
  HeadersStatus,
  MapType,
  Status,
  StreamType,
  TrailersStatus,
} from "../enums.js";
import { EnvoyHazard } from "../errors.js";
import type { HeaderMap } from "../header-map.js";
import type { RootContext } from "../root-context.js";
import type { StreamInfo } from "../stream-info.js";

/** What a stream's context asks of the stream (Envoy: the decoder and encoder callbacks). */
export interface StreamCallbacks {
  readonly info: StreamInfo;
  readonly allowStopIteration: boolean;
  /** Whether streams pass a broken VM. */
  readonly failOpen: boolean;
  readonly request: { readonly buffered: Body | null; buffer(body: Body, streaming: boolean): void };
  readonly response: { readonly buffered: Body | null; buffer(body: Body, streaming: boolean): void };
  addTrailers(direction: "request" | "response"): HeaderMap;
  sendLocalReply(response: LocalResponse): void;
  /** Refuses the stream because the VM is broken. */
  refuse(): void;
  resume(direction: "request" | "response"): void;
  reset(): void;
  clearRouteCache(): void;
  /** The maps of the whole stream, for the access log. */
  logged(type: MapType): HeaderMap | null;
}

/** The maps and the body of one direction, as far as the filter may see them now. */
interface Visible {
  headers: HeaderMap | null;
  trailers: HeaderMap | null;
  body: Body | null;
  /** The filter has asked for the whole body. */
  buffering: boolean;
}

/** An HTTP stream's context, and when it sees what (Envoy: Context::decodeHeaders and its siblings). */
export class HttpContext extends Context {
  readonly #request: Visible = { headers: null, trailers: null, body: null, buffering: false };
  readonly #response: Visible = { headers: null, trailers: null, body: null, buffering: false };
  #endOfStream = false;
  #refused = false;

  constructor(
    override readonly root: RootContext,
    private readonly stream: StreamCallbacks,
  ) {
    super(root.vm);
  }

  override get streamInfo(): StreamInfo {
    return this.stream.info;
  }

  override map(type: MapType): HeaderMap | null {
    const present = this.#map(type);
    const direction = type === MapType.RequestTrailers ? "request" : "response";
    const visible = direction === "request" ? this.#request : this.#response;
    const isTrailers = type === MapType.RequestTrailers || type === MapType.ResponseTrailers;
    if (present !== null || !isTrailers || visible.body === null || !this.#endOfStream) return present;
    visible.trailers = this.stream.addTrailers(direction);
    return visible.trailers;
  }

  override constMap(type: MapType): HeaderMap | null {
    if (type > MapType.ResponseTrailers) return super.constMap(type);
    return this.logging ? this.stream.logged(type) : this.#map(type);
  }

  override buffer(type: BufferType): HostBuffer | null {
    if (type === BufferType.HttpRequestBody) return this.#body(this.#request, "request");
    if (type === BufferType.HttpResponseBody) return this.#body(this.#response, "response");
    return super.buffer(type);
  }

  headers(direction: "request" | "response", headers: HeaderMap, end: boolean): HeadersStatus {
    if (direction === "request" && !this.#broken()) this.create(this.root.id);
    if (direction === "response" && this.#refused) return HeadersStatus.Continue;
    const visible = direction === "request" ? this.#request : this.#response;
    visible.headers = headers;
    this.#endOfStream = end;
    const status = this.#run(`proxy_on_${direction}_headers`, [headers.size, Number(end)], {
      open: HeadersStatus.Continue,
      closed: HeadersStatus.StopAllIterationAndWatermark,
      convert: (result, stopped) => headersStatus(result, stopped, this.stream.allowStopIteration),
    });
    if (status === HeadersStatus.Continue) visible.headers = null;
    return status;
  }

  body(direction: "request" | "response", body: Body, end: boolean): DataStatus {
    if (direction === "response" && this.#refused) return DataStatus.Continue;
    const visible = direction === "request" ? this.#request : this.#response;
    if (visible.buffering) this.stream[direction].buffer(body, false);
    visible.body = body;
    this.#endOfStream = end;
    const { size } = this.#body(visible, direction);
    const status = this.#run<DataStatus>(`proxy_on_${direction}_body`, [size, Number(end)], {
      open: DataStatus.Continue,
      closed: DataStatus.StopIterationNoBuffer,
      convert: (result, stopped) =>
        stopped || !(result in DataStatus) ? DataStatus.StopIterationNoBuffer : result,
    });
    visible.buffering = status === DataStatus.StopIterationAndBuffer;
    if (status === DataStatus.Continue) visible.body = null;
    return status;
  }

  trailers(direction: "request" | "response", trailers: HeaderMap): TrailersStatus {
    if (direction === "response" && this.#refused) return TrailersStatus.Continue;
    const visible = direction === "request" ? this.#request : this.#response;
    visible.trailers = trailers;
    const status = this.#run(`proxy_on_${direction}_trailers`, [trailers.size], {
      open: TrailersStatus.Continue,
      closed: TrailersStatus.StopIteration,
      convert: (result, stopped) =>
        stopped || result !== 0 ? TrailersStatus.StopIteration : TrailersStatus.Continue,
    });
    if (status === TrailersStatus.Continue) visible.trailers = null;
    return status;
  }

  override continueStream(type: StreamType): Status {
    if (type === StreamType.Upstream) return Status.Unimplemented;
    if (type === StreamType.Downstream) return Status.Ok;
    const direction = type === StreamType.Request ? "request" : "response";
    this.vm.afterCall(() => this.stream.resume(direction));
    // Envoy forgets the request's maps whichever direction it is.
    Object.assign(this.#request, { headers: null, trailers: null, body: null });
    return Status.Ok;
  }

  override closeStream(type: StreamType): Status {
    const isHttp = type === StreamType.Request || type === StreamType.Response;
    if (isHttp) this.vm.afterCall(() => this.stream.reset());
    return Status.Ok;
  }

  override sendLocalResponse(response: LocalResponse): void {
    if (this.logging) {
      // It is answered, which is logged, which answers it: stock Envoy 1.40.0 ran out of stack.
      throw new EnvoyHazard("a local response from proxy_on_log: Envoy does not survive that");
    }
    this.vm.afterCall(() => this.stream.sendLocalReply(response));
  }

  override clearRouteCache(): void {
    this.stream.clearRouteCache();
  }

  /** The access log is written. A stream that never got to the filter is announced now. */
  override writeLog(): void {
    this.create(this.root.id);
    this.logging = true;
    super.writeLog();
    this.logging = false;
  }

  #map(type: MapType): HeaderMap | null {
    if (type === MapType.RequestHeaders) return this.#request.headers;
    if (type === MapType.RequestTrailers) return this.#request.trailers;
    if (type === MapType.ResponseHeaders) return this.#response.headers;
    return type === MapType.ResponseTrailers ? this.#response.trailers : null;
  }

  #body(visible: Visible, direction: "request" | "response"): HostBuffer {
    return (visible.buffering ? this.stream[direction].buffered : visible.body) ?? NO_BODY;
  }

  #run<S>(
    name: string,
    args: number[],
    how: { open: S; closed: S; convert: (result: number, stopped: boolean) => S },
  ): S {
    if (this.#broken()) return this.#failed(how.open, how.closed);
    const trapped = () => this.#failed(how.open, how.closed);
    return this.vm.convert(this, name, [this.id, ...args], how.convert, trapped) ?? how.open;
  }

  #failed<S>(open: S, closed: S): S {
    if (this.stream.failOpen) return open;
    if (!this.#refused) this.stream.refuse();
    this.#refused = true;
    return closed;
  }

  #broken(): boolean {
    return this.vm.trap !== null;
  }
}

function headersStatus(result: number, stopped: boolean, allowStopIteration: boolean): HeadersStatus {
  if (stopped || !(result in HeadersStatus)) return HeadersStatus.StopAllIterationAndWatermark;
  const status: HeadersStatus = result;
  if (status === HeadersStatus.StopIteration && !allowStopIteration) {
    return HeadersStatus.StopAllIterationAndWatermark;
  }
  return status === HeadersStatus.ContinueAndEndStream ? HeadersStatus.Continue : status;
}
