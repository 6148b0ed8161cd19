import { Expressions } from "./cel/expressions.js";
import { ConstBuffer, type HostBuffer } from "./buffer.js";
import { Context } from "./context.js";
import type { GrpcCall } from "./grpc.js";
import type { HeaderMap } from "./header-map.js";
import type { Callout } from "./callout.js";
import type { Cancel } from "./clock.js";
import type { PropertyValue } from "./property-value.js";
import type { Vm } from "./vm.js";

/** What Envoy's configuration says of a plugin. */
export interface PluginSettings {
  readonly name: string;
  readonly rootId: string;
  readonly configuration: Uint8Array;
  /** What becomes of streams when the VM has trapped; without one the trap is thrown at the test. */
  readonly failurePolicy: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD" | undefined;
}

interface HttpResponse {
  readonly headers: HeaderMap;
  readonly body: HostBuffer;
  readonly trailers: HeaderMap | null;
}

/** A plugin's own context: configuration, timer, and the answers to what the plugin has called out for. */
export class RootContext extends Context {
  /** What the test has set for the plugin itself. */
  readonly properties = new Map<string, PropertyValue>();
  readonly callouts = new Map<number, Callout>();
  readonly grpcCalls = new Map<number, GrpcCall>();
  readonly expressions = new Expressions();

  /** Set while the callback runs that they are for. */
  configurationNow: HostBuffer | null = null;
  httpResponse: HttpResponse | null = null;
  grpcInitialMetadata: HeaderMap | null = null;
  grpcTrailingMetadata: HeaderMap | null = null;
  grpcMessage: HostBuffer | null = null;

  /** What `proxy_get_status` answers. */
  statusCode = 0;
  statusMessage = "";

  /** 0 when there is no timer. */
  tickPeriodMs = 0;
  #cancelTick: Cancel = () => undefined;

  constructor(
    vm: Vm,
    readonly plugin: PluginSettings,
  ) {
    super(vm);
  }

  override get root(): RootContext {
    return this;
  }

  /** False when the module refuses to start. */
  start(): boolean {
    this.create(0);
    return this.call("proxy_on_vm_start", 1, this.vm.configuration.size) !== 0;
  }

  /** False when the module refuses the configuration. */
  configure(): boolean {
    const { configuration } = this.plugin;
    this.configurationNow = new ConstBuffer(configuration);
    try {
      return this.call("proxy_on_configure", 1, configuration.length) !== 0;
    } finally {
      this.configurationNow = null;
    }
  }

  setTickPeriod(milliseconds: number): void {
    this.#cancelTick();
    this.tickPeriodMs = milliseconds;
    if (milliseconds > 0) this.#cancelTick = this.vm.host.clock.after(milliseconds, () => this.#tickDue());
  }

  tick(): void {
    this.call("proxy_on_tick", 0);
  }

  queueReady(id: number): void {
    this.call("proxy_on_queue_ready", 0, id);
  }

  httpCallResponse(id: number, headers: number, bodySize: number, trailers: number): void {
    // Gone as soon as the callback has returned, before anything that it has asked for is done.
    this.vm.afterCall(() => (this.httpResponse = null));
    this.call("proxy_on_http_call_response", 0, id, headers, bodySize, trailers);
    this.httpResponse = null;
  }

  grpcCallback(name: string, id: number, size: number): void {
    this.call(name, 0, id, size);
  }

  grpcClosed(id: number, status: number, message: string): void {
    this.statusCode = status;
    this.statusMessage = message;
    this.call("proxy_on_grpc_close", 0, id, status);
    this.statusMessage = "";
  }

  /** The plugin's configuration is gone: it ends now, or when it calls `proxy_done`. */
  shutDown(): void {
    if (this.done()) this.end();
    else this.vm.pendingDone.add(this);
  }

  end(): void {
    this.delete();
    this.stop();
  }

  /** Nothing of it may reach the module any more. */
  stop(): void {
    this.#cancelTick();
    this.callouts.clear();
    this.grpcCalls.clear();
  }

  // The period counts from the end of the callback, and is the one that the callback may have set.
  #tickDue(): void {
    this.tick();
    if (!this.vm.gone) this.setTickPeriod(this.tickPeriodMs);
  }
}
