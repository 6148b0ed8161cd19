import { type CalloutAnswer, CalloutAnswers } from "./callout-answers.js";
import { type CelEngine, celEngine, type CelLibrary } from "./cel/library.js";
import { Clock } from "./clock.js";
import { LogLevel } from "./enums.js";
import type { Trap } from "./errors.js";
import type { ForeignFunction } from "./foreign.js";
import { Log } from "./log.js";
import type { PropertyMap } from "./property-value.js";
import type { RootContext } from "./root-context.js";
import { SharedData } from "./shared-data.js";
import { SharedQueues } from "./shared-queue.js";
import { Stats } from "./stats.js";
import { Worker, type VmOptions } from "./worker.js";

export interface HostOptions {
  /** Where the clock stands, in milliseconds since 1970 or as a Date; 2024-01-01 by default. */
  readonly now?: number | Date;
  /** How far the clock moves when a module looks at it; 0 by default. */
  readonly clockStepNanoseconds?: number;
  /** What Envoy would log; below it nothing is kept. Debug by default. */
  readonly logLevel?: LogLevel;
  /** The clusters that can be called out to; any name by default. */
  readonly clusters?: readonly string[];
  /** Those of them that have no host to send to. */
  readonly emptyClusters?: readonly string[];
  /** Upstreams that answer callouts by themselves, by cluster: from the plugin's start on. */
  readonly callouts?: Readonly<Record<string, CalloutAnswer>>;
  /** Envoy's node, the property `xds.node`. */
  readonly node?: PropertyMap;
  /** Foreign functions by name, before Envoy's own. */
  readonly foreignFunctions?: Readonly<Record<string, ForeignFunction>>;
  /** The exports of `@bufbuild/cel`, for expressions where that cannot be loaded by itself: in a browser. */
  readonly cel?: CelLibrary;
  /** Further keys that `set_envoy_filter_state` can set. */
  readonly filterStateFactories?: readonly string[];
}

/** A turn of the event loop that never ends is a filter that wakes itself. */
const MAX_EVENTS = 100_000;

/** One Envoy worker without Envoy: what VMs share, and the event loop that runs them. */
export class Host {
  readonly clock: Clock;
  readonly log: Log;
  readonly stats = new Stats();
  readonly sharedData = new SharedData();
  readonly sharedQueues = new SharedQueues();
  /** Upstreams that answer callouts by themselves. */
  readonly calloutAnswers = new CalloutAnswers(this);
  readonly node: PropertyMap;
  readonly foreignFunctions: Readonly<Record<string, ForeignFunction>>;
  readonly filterStateFactories: ReadonlySet<string>;
  /** Names of what Envoy has and this host does not, as far as modules have asked for it: they got Unimplemented. */
  readonly unimplemented = new Set<string>();
  /** Every trap so far. */
  readonly traps: Trap[] = [];
  readonly emptyClusters: ReadonlySet<string>;
  #cel: CelEngine | null | undefined;
  readonly #clusters: ReadonlySet<string> | null;
  readonly #events: (() => void)[] = [];
  #requests = 0;
  #driving = false;

  constructor(private readonly options: HostOptions = {}) {
    this.clock = new Clock(options.now, options.clockStepNanoseconds);
    this.log = new Log(options.logLevel ?? LogLevel.Debug);
    this.node = options.node ?? { id: "", cluster: "", metadata: {} };
    this.foreignFunctions = options.foreignFunctions ?? {};
    this.filterStateFactories = new Set(options.filterStateFactories);
    this.emptyClusters = new Set(options.emptyClusters);
    for (const [upstream, answer] of Object.entries(options.callouts ?? {})) {
      this.calloutAnswers.set(upstream, answer);
    }
    this.#clusters = options.clusters === undefined ? null : new Set(options.clusters);
  }

  /** Loads a module into a VM of its own. @throws {PluginRefused} when Envoy would not link or initialize it */
  startVm(module: WebAssembly.Module | BufferSource, options: VmOptions = {}): Worker {
    return new Worker(
      this,
      module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module),
      options,
    );
  }

  /** What expressions are evaluated with, loaded when the first one is compiled; null when there is none. */
  get cel(): CelEngine | null {
    if (this.#cel === undefined) this.#cel = celEngine(this.options.cel);
    return this.#cel;
  }

  hasCluster(name: string): boolean {
    return this.emptyClusters.has(name) || (this.#clusters?.has(name) ?? true);
  }

  /** For the host: does something in a later turn of the event loop. */
  post(event: () => void): void {
    this.#events.push(event);
  }

  /**
   * Does something that calls a module, then all that follows from it. Within another such turn it is part of that one.
   *
   * @throws {Trap} when the module broke and its plugin has no failure policy
   */
  drive<T>(roots: readonly RootContext[], action: () => T): T {
    if (this.#driving) return action();
    this.#driving = true;
    try {
      const result = action();
      this.#run();
      for (const { vm, plugin } of roots) {
        if (vm.trap !== null && plugin.failurePolicy === undefined) throw vm.trap;
      }
      return result;
    } finally {
      this.#driving = false;
    }
  }

  nextRequestId(): string {
    return `00000000-0000-4000-8000-${String(++this.#requests).padStart(12, "0")}`;
  }

  trapped(trap: Trap): void {
    this.traps.push(trap);
  }

  #run(): void {
    let count = 0;
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      if (++count > MAX_EVENTS) throw new Error(`the event loop does not end: ${MAX_EVENTS} events`);
      event();
    }
  }
}
