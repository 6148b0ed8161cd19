import { type HostBuffer, NO_BODY } from "./buffer.js";
import { BufferType, MapType, Status, StreamType } from "./enums.js";
import type { HeaderMap, HeaderPair } from "./header-map.js";
import { readProperty } from "./properties.js";
import type { RootContext } from "./root-context.js";
import type { StatePrototype, StreamInfo } from "./stream-info.js";
import type { Vm } from "./vm.js";

/** A local response as the module asked for it. */
export interface LocalResponse {
  readonly status: number;
  /** Response code details; Envoy makes white space in it underscores. */
  readonly details: string;
  readonly body: Uint8Array;
  /** Header pairs in the module's order, as Envoy read them. */
  readonly headers: readonly HeaderPair[];
  /** Undefined when none was given (-1) or the number is no gRPC status. */
  readonly grpcStatus: number | undefined;
}

/**
 * What host functions act on: the host's side of a context (Envoy: source/extensions/common/wasm/context.cc). This base
 * is what all contexts have; streams add their maps and bodies.
 */
export abstract class Context {
  readonly id: number;
  #prototypes: Map<string, StatePrototype> | undefined;
  /** Whether the module has been told of it. */
  announced = false;
  /** Set while the access log is written, when maps are those of the whole stream and cannot be changed. */
  logging = false;

  constructor(readonly vm: Vm) {
    this.id = vm.register(this);
  }

  /** What `declare_property` said in this context's callbacks; only the plugin's are ever used. */
  get ownPrototypes(): Map<string, StatePrototype> {
    return (this.#prototypes ??= new Map());
  }

  /** The plugin's own context; itself for that one. */
  abstract get root(): RootContext;

  /** The stream's attributes and filter state; null where there is no stream. */
  get streamInfo(): StreamInfo | null {
    return null;
  }

  /** A map that can be changed now. */
  map(type: MapType): HeaderMap | null {
    void type;
    return null;
  }

  /** A map that can be read now. */
  constMap(type: MapType): HeaderMap | null {
    const { root } = this;
    if (type === MapType.HttpCallResponseHeaders) return root.httpResponse?.headers ?? null;
    if (type === MapType.HttpCallResponseTrailers) return root.httpResponse?.trailers ?? null;
    if (type === MapType.GrpcReceiveInitialMetadata) return root.grpcInitialMetadata;
    if (type === MapType.GrpcReceiveTrailingMetadata) return root.grpcTrailingMetadata;
    return this.map(type);
  }

  /** Null where Envoy says that there is no such buffer. */
  buffer(type: BufferType): HostBuffer | null {
    const { root } = this;
    if (type === BufferType.VmConfiguration) return this.vm.configuration;
    if (type === BufferType.PluginConfiguration) return root.configurationNow;
    if (type === BufferType.HttpCallResponseBody) return root.httpResponse?.body ?? null;
    // Empty where there is none: Envoy looks whether there is a buffer only for the three above.
    if (type === BufferType.GrpcReceiveBuffer) return root.grpcMessage ?? NO_BODY;
    return NO_BODY;
  }

  getProperty(path: string): Uint8Array | Status {
    return readProperty(this, path);
  }

  setProperty(name: string, value: Uint8Array): Status {
    return this.streamInfo?.setWasmState(name, value, this.root.ownPrototypes.get(name)) ?? Status.NotFound;
  }

  /** A plugin context has no stream: Envoy does nothing and says Ok. */
  continueStream(type: StreamType): Status {
    return type === StreamType.Upstream ? Status.Unimplemented : Status.Ok;
  }

  closeStream(type: StreamType): Status {
    void type;
    return Status.Ok;
  }

  /** A plugin context has nothing to answer: Envoy drops it and says Ok (envoyproxy/envoy#39797). */
  sendLocalResponse(response: LocalResponse): void {
    void response;
  }

  /** Nothing to do where there is no route. */
  clearRouteCache(): void {}

  /** Announces it to the module, once. */
  create(parentId: number): void {
    if (!this.announced) this.vm.callback(this, "proxy_on_context_create", this.id, parentId);
    this.announced = true;
  }

  /** Calls the module for this context; `fallback` where it exports no such callback. */
  protected call(name: string, fallback: number, ...args: number[]): number {
    return this.vm.callback(this, name, this.id, ...args) ?? fallback;
  }

  /** False puts the end off until the module calls `proxy_done`. */
  done(): boolean {
    return this.call("proxy_on_done", 1) !== 0;
  }

  writeLog(): void {
    this.call("proxy_on_log", 0);
  }

  delete(): void {
    if (this.announced) this.call("proxy_on_delete", 0);
    this.vm.unregister(this);
  }
}
