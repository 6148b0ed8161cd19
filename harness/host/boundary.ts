import type { Status } from "./enums.js";
import type { Trace } from "./trace.js";

/** How often a function was called, and for how long. */
export interface CallTiming {
  readonly name: string;
  readonly count: number;
  /** With what it has called in its turn: of a callback, the host calls; of a host call, the module's allocation. */
  readonly totalMicros: number;
  /** Without that: of a callback, the filter's own code. */
  readonly selfMicros: number;
}

interface Timing {
  count: number;
  totalMicros: number;
  selfMicros: number;
}

/** Makes a host call answer something else; see `Vm.inject`. */
export interface Injection {
  readonly status: Status;
  /** How many calls it is for; all by default. */
  readonly times?: number;
  /** Calls that pass before it starts. */
  readonly after?: number;
}

interface Pending {
  readonly status: Status;
  times: number;
  after: number;
}

type HostFunction = (...args: (number | bigint)[]) => number | void;

/** Where host calls pass on their way from the module: restricted, counted, timed, traced and replaced here. */
export class Boundary {
  /** The only functions that may be called now; null for all. */
  restriction: ReadonlySet<string> | null = null;
  readonly #timings = new Map<string, Timing>();
  /** What has been called by the function that runs now, in microseconds. */
  #calledMicros = 0;
  readonly #injections = new Map<string, Pending[]>();

  constructor(private readonly trace: Trace | null) {}

  /** The import that stands for a host function. */
  wrap(module: string, name: string, run: HostFunction): HostFunction {
    const qualified = `${module}.${name}`;
    const timing = this.#timing(name);
    return (...args) => {
      // As Envoy's, it is an exception in the module: a trap.
      if (this.restriction?.has(qualified) === false)
        throw new WebAssembly.RuntimeError("restricted_callback");
      const caller = this.#calledMicros;
      this.#calledMicros = 0;
      const start = performance.now();
      const injected = this.#injections.size > 0 ? this.#injected(name) : undefined;
      const result = injected ?? run(...args);
      this.#count(timing, start, caller);
      this.trace?.hostCall(name, args, result);
      return result;
    };
  }

  /** Times a callback into the module. */
  callback<T>(name: string, args: readonly number[], contextId: number, run: () => T): T {
    const timing = this.#timing(name);
    const caller = this.#calledMicros;
    this.#calledMicros = 0;
    const start = performance.now();
    this.trace?.enter(name, args, contextId);
    try {
      const result = run();
      this.trace?.leave(result);
      return result;
    } finally {
      this.#count(timing, start, caller);
    }
  }

  inject(name: string, injection: Injection): void {
    const { status, times = Number.POSITIVE_INFINITY, after = 0 } = injection;
    const list = this.#injections.get(name) ?? [];
    list.push({ status, times, after });
    this.#injections.set(name, list);
  }

  clearInjections(): void {
    this.#injections.clear();
  }

  /** Functions that were called, the dearest first. */
  timings(): CallTiming[] {
    return [...this.#timings]
      .filter(([, { count }]) => count > 0)
      .map(([name, timing]) => ({ name, ...timing }))
      .sort((a, b) => b.totalMicros - a.totalMicros);
  }

  clearTimings(): void {
    for (const timing of this.#timings.values()) {
      Object.assign(timing, { count: 0, totalMicros: 0, selfMicros: 0 } satisfies Timing);
    }
  }

  /** A call that has begun at `start` is over; `caller` is what its caller had called before it. */
  #count(timing: Timing, start: number, caller: number): void {
    const micros = (performance.now() - start) * 1000;
    timing.count += 1;
    timing.totalMicros += micros;
    timing.selfMicros += micros - this.#calledMicros;
    this.#calledMicros = caller + micros;
  }

  #injected(name: string): Status | undefined {
    const pending = this.#injections.get(name)?.[0];
    if (pending === undefined) return undefined;
    if (pending.after > 0) {
      pending.after -= 1;
      return undefined;
    }
    pending.times -= 1;
    if (pending.times <= 0) {
      const rest = this.#injections.get(name)!.slice(1);
      if (rest.length > 0) this.#injections.set(name, rest);
      else this.#injections.delete(name);
    }
    return pending.status;
  }

  #timing(name: string): Timing {
    const timing = this.#timings.get(name) ?? { count: 0, totalMicros: 0, selfMicros: 0 };
    this.#timings.set(name, timing);
    return timing;
  }
}
