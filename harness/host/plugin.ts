import type { CallTiming, Injection } from "./boundary.js";
import type { AnswerOptions, CalloutAnswer } from "./callout-answers.js";
import type { Callout } from "./callout.js";
import type { LogLevel, Status } from "./enums.js";
import type { Trap } from "./errors.js";
import type { GrpcCall } from "./grpc.js";
import { Host, type HostOptions } from "./host.js";
import type { Addresses } from "./http/attributes.js";
import { sendRequest } from "./http/exchange.js";
import { type HttpRequest, type Upstream } from "./http/request.js";
import { HttpStream, type HttpStreamOptions } from "./http/stream.js";
import type { PropertyValue } from "./property-value.js";
import type { RootContext } from "./root-context.js";
import { TcpConnection } from "./tcp.js";
import type { Trace } from "./trace.js";
import type { Vm } from "./vm.js";
import type { VmOptions, Worker } from "./worker.js";

export interface PluginOptions {
  readonly name?: string;
  readonly rootId?: string;
  /** Text or bytes as they are, anything else as JSON. */
  readonly configuration?: unknown;
  /**
   * What becomes of streams when the VM has trapped, as in Envoy: refused with 503, let through, or served by a new VM.
   * Without it the trap is thrown at the test.
   */
  readonly failurePolicy?: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";
  /** Envoy's `allow_on_headers_stop_iteration`; false by default, and StopIteration then holds bodies too. */
  readonly allowOnHeadersStopIteration?: boolean;
}

const WASM_PAGE_BYTES = 65_536;

/** A plugin that runs: what one `PluginConfig` of Envoy's configuration makes on one worker. */
export class Plugin {
  readonly host: Host;
  readonly allowOnHeadersStopIteration: boolean;
  #root: RootContext;

  constructor(
    private readonly worker: Worker,
    root: RootContext,
    private readonly options: PluginOptions,
  ) {
    this.host = worker.host;
    this.#root = root;
    this.allowOnHeadersStopIteration = options.allowOnHeadersStopIteration ?? false;
  }

  get failurePolicy(): PluginOptions["failurePolicy"] {
    return this.#root.plugin.failurePolicy;
  }

  /** The plugin's own context. */
  get root(): RootContext {
    return this.#root;
  }

  get vm(): Vm {
    return this.#root.vm;
  }

  /** The number that the module knows the plugin by. */
  get id(): number {
    return this.#root.id;
  }

  /**
   * The same plugin on one more of Envoy's workers: another VM, with the same configuration, that has shared data, queues,
   * metrics and the clock in common with this one.
   */
  onAnotherWorker(): Plugin {
    return this.worker.another(this.#root.plugin, this.options);
  }

  // ---- streams

  /** A new HTTP stream, to be driven callback by callback. */
  http(options: HttpStreamOptions = {}): HttpStream {
    this.reload();
    return new HttpStream([this], options);
  }

  /**
   * A whole request, and the upstream's answer to it when it gets there (200 without a body by default). What the filter
   * holds stays held: the stream that is returned goes on by itself when the filter continues it.
   */
  request(init: HttpRequest & HttpStreamOptions = {}, upstream: Upstream = {}): HttpStream {
    return sendRequest(this.http(init), init, upstream);
  }

  /** A new TCP connection: `proxy_on_new_connection` has run when this returns. */
  tcp(addresses: Addresses = {}): TcpConnection {
    this.reload();
    return new TcpConnection(this, addresses);
  }

  // ---- what the plugin does by itself

  /** What `proxy_set_tick_period_milliseconds` has set; 0 for no timer. */
  get tickPeriodMs(): number {
    return this.#root.tickPeriodMs;
  }

  /** Lets one tick period pass. @throws {Error} when the plugin has no timer */
  tick(): void {
    if (this.tickPeriodMs === 0) throw new Error("the plugin has set no tick period");
    this.advance(this.tickPeriodMs);
  }

  /** Moves the clock, with the ticks and time limits that it passes. */
  advance(milliseconds: number): void {
    this.drive(() => this.host.clock.advance(milliseconds));
  }

  /** HTTP calls that wait for an answer, oldest first. */
  get callouts(): Callout[] {
    return [...this.#root.callouts.values()];
  }

  /** The only HTTP call that waits. @throws {Error} when there is none or are several */
  get callout(): Callout {
    return only(this.callouts, "callout");
  }

  /**
   * Lets an upstream answer all HTTP calls by itself, those that wait for an answer too. The last answer that was given for
   * a cluster counts.
   *
   * @param upstream the cluster's name
   */
  answerCallouts(upstream: string, answer: CalloutAnswer, options?: AnswerOptions): this {
    const { calloutAnswers } = this.host;
    calloutAnswers.set(upstream, answer, options);
    const waiting = this.callouts.filter((callout) => callout.upstream === upstream);
    this.drive(() => waiting.forEach((callout) => calloutAnswers.arrange(callout)));
    return this;
  }

  /** gRPC calls and streams that are open, oldest first. */
  get grpcCalls(): GrpcCall[] {
    return [...this.#root.grpcCalls.values()];
  }

  get grpcCall(): GrpcCall {
    return only(this.grpcCalls, "gRPC call");
  }

  // ---- what can be seen of it

  /** What the plugin's VM has logged, of one level or of all. */
  logs(level?: LogLevel): string[] {
    return this.host.log.messages(level);
  }

  /** A counter's value; its name may have the prefix `wasmcustom.` or not. */
  counter(name: string): number {
    return this.host.stats.counter(name);
  }

  gauge(name: string): number {
    return this.host.stats.gauge(name);
  }

  /** Every value that a histogram was given. */
  histogram(name: string): number[] {
    return this.host.stats.histogram(name);
  }

  /** Why the VM is broken; null while it is not. */
  get trap(): Trap | null {
    return this.vm.trap;
  }

  /** WebAssembly pages (64 KiB) that the module has; they never become fewer, so a leak shows here. */
  get memoryPages(): number {
    return this.vm.memory.sizeBytes / WASM_PAGE_BYTES;
  }

  /** How often each host function and callback has run, and for how long: all of it, and without what it has called. */
  timings(): CallTiming[] {
    return this.vm.boundary.timings();
  }

  /** Forgets what was timed so far: the first requests, for instance, during which the engine still compiles. */
  clearTimings(): this {
    this.vm.boundary.clearTimings();
    return this;
  }

  /** Everything that crossed the boundary. @throws {Error} unless the VM was started with `trace: true` */
  get trace(): Trace {
    const { trace } = this.vm;
    if (trace === null) throw new Error("start the VM with `trace: true`");
    return trace;
  }

  // ---- what can be done to it

  /** A property of the plugin's own context. */
  setProperty(path: string | readonly string[], value: PropertyValue): this {
    this.#root.properties.set(typeof path === "string" ? path : path.join("\0"), value);
    return this;
  }

  /** Makes a host function answer a status instead of doing anything. */
  inject(hostCall: string, status: Status | Injection): this {
    this.vm.inject(hostCall, status);
    return this;
  }

  clearInjections(): this {
    this.vm.boundary.clearInjections();
    return this;
  }

  /** The configuration is gone: `proxy_on_done`, then `proxy_on_delete`, unless the module puts that off. */
  stop(): void {
    this.drive(() => this.#root.shutDown());
  }

  /** For the host: a new VM in place of a broken one, if the failure policy is that. */
  reload(): void {
    if (this.vm.trap === null || this.failurePolicy !== "FAIL_RELOAD") return;
    this.#root.stop();
    this.#root = this.worker.restart(this.#root.plugin);
  }

  /** For the host: does something that calls the module, then all that follows from it. */
  drive<T>(action: () => T): T {
    return this.host.drive([this.#root], action);
  }
}

/**
 * Starts a plugin in a VM and a host of its own: what most tests need.
 *
 * @param module compiled once, or the octets of a .wasm file
 * @throws {PluginRefused} when Envoy would refuse the module or the configuration
 */
export function startPlugin(
  module: WebAssembly.Module | BufferSource,
  options: PluginOptions & VmOptions & HostOptions = {},
): Plugin {
  return new Host(options).startVm(module, options).startPlugin(options);
}

function only<T>(list: readonly T[], what: string): T {
  const [first, ...others] = list;
  if (first === undefined || others.length > 0)
    throw new Error(`${list.length} ${what}s are pending, not one`);
  return first;
}
