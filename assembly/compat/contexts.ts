// SPDX-License-Identifier: Apache-2.0
import { makeEffective } from "tremula/assembly/abi/callback";
import { PluginContext } from "tremula/assembly/context/plugin";
import {
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterMetadataStatusValues,
  FilterStatusValues,
  FilterTrailersStatusValues,
  PeerTypeValues,
  WasmResultValues,
} from "./enums";
import { Headers } from "./headers";
import { continue_request } from "./host";
import { PendingCall } from "./pending-call";

type HttpCallFunction = (origin_context: BaseContext, headers: u32, body_size: usize, trailers: u32) => void;

/** What a plugin and a stream have in common. */
export abstract class BaseContext {
  constructor(public context_id: u32) {}

  continueRequest(): void {
    continue_request();
  }

  setEffectiveContext(): WasmResultValues {
    return makeEffective(this.context_id) ? WasmResultValues.Ok : WasmResultValues.BadArgument;
  }

  onDone(): bool {
    return true;
  }

  onDelete(): void {}
}

/** A plugin. */
export class RootContext extends BaseContext {
  private configuration_: string = "";
  private pending: Array<PendingCall> = [];
  /** For this folder: the plugin that this stands for. */
  plugin: PluginContext | null = null;

  constructor(context_id: u32) {
    super(context_id);
  }

  /** The plugin's configuration as text; that of the last `onConfigure`, an empty one included. */
  getConfiguration(): string {
    return this.configuration_;
  }

  /** For this folder: before `onConfigure`. */
  setConfiguration(configuration: string): void {
    this.configuration_ = configuration;
  }

  createContext(context_id: u32): Context {
    return new Context(context_id, this);
  }

  /** Called with 0, 0, 0 and no answer, as a failed call's; a plugin that goes is a failure to those that wait. */
  cancelPendingRequests(): void {
    const pending = this.pending;
    this.pending = [];
    for (let i = 0; i < pending.length; i++) pending[i].deliver(0, 0, 0);
  }

  validateConfiguration(configuration_size: usize): bool {
    return true;
  }

  onConfigure(configuration_size: u32): bool {
    return true;
  }

  onStart(vm_configuration_size: usize): bool {
    return true;
  }

  onTick(): void {}

  onQueueReady(token: u32): void {}

  onDone(): bool {
    this.cancelPendingRequests();
    return true;
  }

  /** Lets the plugin go after `onDone` has returned false. */
  done(): void {
    const plugin = this.plugin;
    if (plugin !== null) plugin.done();
  }

  /**
   * Calls a cluster over HTTP. The function is called with the sizes of the answer, or with 0, 0, 0 when there is none; it
   * is not called when the stream of `origin_context` is gone by then.
   */
  httpCall(
    cluster: string,
    headers: Headers,
    body: ArrayBuffer,
    trailers: Headers,
    timeout_milliseconds: u32,
    origin_context: BaseContext,
    cb: HttpCallFunction,
  ): WasmResultValues {
    const plugin = this.plugin;
    if (plugin === null) return WasmResultValues.InternalFailure;
    const call = new PendingCall(origin_context, cb);
    call.fill(cluster, headers, body, trailers, timeout_milliseconds);
    const result = <WasmResultValues>plugin.dispatch(call);
    if (result == WasmResultValues.Ok) this.pending.push(call);
    return result;
  }

  /** Overriding it replaces the delivery to the functions that were given to `httpCall`. */
  onHttpCallResponse(token: u32, headers: u32, body_size: u32, trailers: u32): void {
    for (let i = 0; i < this.pending.length; i++) {
      const call = this.pending[i];
      if (call._token != token) continue;
      this.pending.splice(i, 1);
      call.deliver(headers, body_size, trailers);
      return;
    }
  }

  // The old runtime could start no gRPC call, so nothing ever called these; they stay for the sources that name them.
  on_grpc_receive_initial_metadata(token: u32, headers: u32): void {}
  on_grpc_trailing_metadata(token: u32, trailers: u32): void {}
  on_grpc_receive(token: u32, response_size: u32): void {}
  on_grpc_close(token: u32, status_code: u32): void {}
}

/** A stream: an HTTP request with its response, or a connection. */
export class Context extends BaseContext {
  root_context: RootContext;

  constructor(context_id: u32, root_context: RootContext) {
    super(context_id);
    this.root_context = root_context;
  }

  createContext(): Context {
    return new Context(this.context_id, this.root_context);
  }

  onNewConnection(): FilterStatusValues {
    return FilterStatusValues.Continue;
  }

  onDownstreamData(size: usize, end: bool): FilterStatusValues {
    return FilterStatusValues.Continue;
  }

  onUpstreamData(size: usize, end: bool): FilterStatusValues {
    return FilterStatusValues.Continue;
  }

  onDownstreamConnectionClose(t: PeerTypeValues): void {}

  onUpstreamConnectionClose(t: PeerTypeValues): void {}

  onRequestHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    return FilterHeadersStatusValues.Continue;
  }

  onRequestMetadata(a: u32): FilterMetadataStatusValues {
    return FilterMetadataStatusValues.Continue;
  }

  onRequestBody(body_buffer_length: usize, end_of_stream: bool): FilterDataStatusValues {
    return FilterDataStatusValues.Continue;
  }

  onRequestTrailers(a: u32): FilterTrailersStatusValues {
    return FilterTrailersStatusValues.Continue;
  }

  onResponseHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    return FilterHeadersStatusValues.Continue;
  }

  onResponseMetadata(a: u32): FilterMetadataStatusValues {
    return FilterMetadataStatusValues.Continue;
  }

  onResponseBody(body_buffer_length: usize, end_of_stream: bool): FilterDataStatusValues {
    return FilterDataStatusValues.Continue;
  }

  onResponseTrailers(s: u32): FilterTrailersStatusValues {
    return FilterTrailersStatusValues.Continue;
  }

  onLog(): void {}
}
