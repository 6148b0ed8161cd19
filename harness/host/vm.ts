import { Boundary, type Injection } from "./boundary.js";
import { ConstBuffer } from "./buffer.js";
import type { Context } from "./context.js";
import { Trap } from "./errors.js";
import type { Host } from "./host.js";
import { link } from "./link.js";
import type { LogEntry } from "./log.js";
import { Memory } from "./memory.js";
import { MetricIds } from "./stats.js";
import type { RootContext } from "./root-context.js";
import { Trace } from "./trace.js";
import { WASI_CALLS } from "./wasi.js";

/** What a VM may not call while it initializes: stock Envoy 1.40.0 traps. Of module `env` it may call `proxy_log` only. */
const NOT_IN_INITIALIZE = ["fd_close", "fd_read", "fd_seek", "path_open", "proc_exit", "sched_yield"];
const IN_INITIALIZE = wasi(Object.keys(WASI_CALLS).filter((name) => !NOT_IN_INITIALIZE.includes(name)));
/** What it may call while it allocates (proxy-wasm-cpp-host include/proxy-wasm/wasm.h, allocMemory). */
const IN_MALLOC = wasi(["fd_write", "clock_time_get", "poll_oneoff"]);

type Export = (...args: number[]) => number | undefined;

/** The context of what belongs to no plugin: initialization and allocation. */
const VM_CONTEXT = 0;

export interface VmSettings {
  readonly vmId: string;
  readonly configuration: Uint8Array;
  readonly environment: ReadonlyMap<string, string>;
  readonly trace: boolean;
}

/** One instance of a module, with the contexts that live in it (proxy-wasm-cpp-host: WasmBase). */
export class Vm {
  readonly contexts = new Map<number, Context>();
  readonly memory: Memory;
  readonly metrics: MetricIds;
  readonly configuration: ConstBuffer;
  readonly boundary: Boundary;
  readonly trace: Trace | null;
  /** The context whose callback runs; null for the VM's own. */
  current: Context | null = null;
  /** Set by a local response: the callback's result is then a stop, whatever it returns. */
  nextIterationStopped = false;
  /** What broke it. */
  trap: Trap | null = null;
  /** It was thrown away or shut down. */
  gone = false;
  /** Plugins that have been told to end and have put it off. */
  readonly pendingDone = new Set<RootContext>();
  /** The ids of HTTP calls end in the bits 00, those of gRPC calls in 01 and of gRPC streams in 10. */
  readonly lastCallId = { http: 0, grpcCall: 1, grpcStream: 2 };

  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #malloc: Export;
  #afterCall: (() => void)[] = [];
  #effectiveId = VM_CONTEXT;
  #nextContextId = 1;
  #depth = 0;
  readonly #recentLog: LogEntry[] = [];

  constructor(
    readonly host: Host,
    module: WebAssembly.Module,
    readonly settings: VmSettings,
    readonly role: "canary" | "worker",
  ) {
    this.trace = settings.trace ? new Trace(this) : null;
    this.boundary = new Boundary(this.trace);
    this.metrics = new MetricIds(host.stats);
    this.configuration = new ConstBuffer(settings.configuration);
    const { memory, malloc, exports } = link(this, module);
    this.memory = new Memory(memory);
    this.#exports = exports;
    this.#malloc = malloc as Export;
    this.#initialize();
  }

  get vmId(): string {
    return this.settings.vmId;
  }

  /** The context that a host function acts on: the effective one, or that whose callback runs. */
  get acting(): Context | null {
    return this.contexts.get(this.#effectiveId) ?? this.current;
  }

  /** False when there is no such context. */
  setEffective(id: number): boolean {
    if (id !== VM_CONTEXT && !this.contexts.has(id)) return false;
    this.#effectiveId = id;
    return true;
  }

  register(context: Context): number {
    const id = this.#nextContextId++;
    this.contexts.set(id, context);
    return id;
  }

  unregister(context: Context): void {
    this.contexts.delete(context.id);
  }

  exports(name: string): boolean {
    return typeof this.#exports[name] === "function";
  }

  /** Runs once the callback that runs now has returned. */
  afterCall(action: () => void): void {
    this.#afterCall.push(action);
  }

  /**
   * Calls the module for a context, then does what had to wait for its return. A trap makes every later call nothing.
   *
   * @returns the callback's result; undefined when there is no such export or the VM is broken
   */
  callback(context: Context, name: string, ...args: number[]): number | undefined {
    return this.convert(context, name, args, (result) => result);
  }

  /**
   * As `callback`; `convert` sees whether a local response stops the stream, before that response is made, and `trapped`
   * answers for a VM that breaks in this callback.
   */
  convert<T>(
    context: Context,
    name: string,
    args: readonly number[],
    convert: (result: number, stopped: boolean) => T,
    trapped: () => T | undefined = () => undefined,
  ): T | undefined {
    if (this.trap !== null || this.gone || !this.exports(name)) return undefined;
    const result = this.#invoke(context, name, args);
    const value = this.trap === null ? convert((result ?? 0) >>> 0, this.nextIterationStopped) : trapped();
    this.nextIterationStopped = false;
    for (let action = this.#afterCall.shift(); action !== undefined; action = this.#afterCall.shift())
      action();
    return value;
  }

  /** Memory of the module's for a value that it asked for; null when it has none. */
  allocate(size: number): number | null {
    if (this.trap !== null) return null;
    const outer = this.boundary.restriction;
    this.boundary.restriction = IN_MALLOC;
    try {
      const pointer = this.#guard(null, "malloc", () => this.#malloc(size));
      const usable = pointer !== undefined && pointer !== 0 && this.memory.has(pointer, size);
      return usable ? pointer >>> 0 : null;
    } finally {
      this.boundary.restriction = outer;
    }
  }

  /** Hands a value over, octets or latin1 text: copies it into memory of the module's, and writes where it is. */
  give(value: Uint8Array | string, pointerAt: number, sizeAt: number): boolean {
    const pointer = value.length > 0 ? this.allocate(value.length) : 0;
    if (pointer === null || (value.length > 0 && !this.memory.set(pointer, value))) return false;
    return this.memory.setU32(pointerAt, pointer) && this.memory.setU32(sizeAt, value.length);
  }

  log(level: number, message: string): void {
    const entry = { level, message, contextId: this.acting?.id ?? VM_CONTEXT, vm: this.role };
    if (this.#recentLog.push(entry) > 8) this.#recentLog.shift();
    this.host.log.add(entry);
  }

  /** Makes a host call answer a status instead of doing anything. */
  inject(hostCall: string, status: Injection | Injection["status"]): void {
    this.boundary.inject(hostCall, typeof status === "number" ? { status } : status);
  }

  /** False when that plugin has not been told to end. */
  pluginDone(root: RootContext | undefined): boolean {
    if (root === undefined || !this.pendingDone.delete(root)) return false;
    this.afterCall(() => root.end());
    return true;
  }

  /** Whether the module runs now: what comes from outside has to wait then. */
  get busy(): boolean {
    return this.#depth > 0;
  }

  #initialize(): void {
    this.boundary.restriction = IN_INITIALIZE;
    if (this.exports("_initialize")) {
      this.#invoke(null, "_initialize", []);
      if (this.exports("main")) this.#invoke(null, "main", [0, 0]);
    } else if (this.exports("_start")) {
      this.#invoke(null, "_start", []);
    }
    this.boundary.restriction = null;
  }

  #invoke(context: Context | null, name: string, args: readonly number[]): number | undefined {
    const run = this.#exports[name] as Export;
    this.#recentLog.length = 0;
    return this.boundary.callback(name, args, context?.id ?? VM_CONTEXT, () =>
      this.#guard(context, name, () => run(...args)),
    );
  }

  /** Runs the module with a context, and makes what breaks in it this VM's trap. */
  #guard<T>(context: Context | null, name: string, run: () => T): T | undefined {
    const [current, effective] = [this.current, this.#effectiveId];
    this.current = context;
    this.#effectiveId = VM_CONTEXT;
    this.#depth += 1;
    try {
      return run();
    } catch (error) {
      // What a test's own code threw inside a host call is no fault of the module's.
      if (!isTrap(error)) throw error;
      this.trap ??= new Trap(name, (error as Error).message, this.#recentLog, error);
      this.log(4, this.trap.message);
      this.host.trapped(this.trap);
      return undefined;
    } finally {
      this.#depth -= 1;
      this.current = current;
      this.#effectiveId = effective;
    }
  }
}

function isTrap(error: unknown): boolean {
  // Stack exhaustion is a RangeError.
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

function wasi(names: readonly string[]): ReadonlySet<string> {
  const modules = ["wasi_unstable", "wasi_snapshot_preview1"];
  return new Set(["env.proxy_log", ...modules.flatMap((module) => names.map((name) => `${module}.${name}`))]);
}
