/** Cancels a timer; harmless when it has run. */
export type Cancel = () => void;

interface Timer {
  readonly at: bigint;
  readonly sequence: number;
  readonly run: () => void;
}

const MILLISECOND = 1_000_000n;
/** What the machine has run for before: a monotonic clock at 0 stops the Go runtime. */
const UPTIME = 3_600_000n * MILLISECOND;

/**
 * Time that stands still until the test moves it. Timers (ticks, callout timeouts) run when it passes them, in the order
 * of their time.
 */
export class Clock {
  #now: bigint;
  readonly #start: bigint;
  readonly #timers = new Set<Timer>();
  #sequence = 0;

  /**
   * @param epoch where it stands: milliseconds since 1970, or a Date
   * @param step nanoseconds that each look of a module at it takes
   */
  constructor(
    epoch: number | Date = Date.UTC(2024, 0, 1),
    private readonly step = 0,
  ) {
    this.#now = BigInt(Math.trunc(Number(epoch))) * MILLISECOND;
    this.#start = this.#now;
  }

  /** Nanoseconds since 1970. */
  get nanoseconds(): bigint {
    return this.#now;
  }

  /** Nanoseconds of a clock that nobody sets. */
  get monotonicNanoseconds(): bigint {
    return this.#now - this.#start + UPTIME;
  }

  /** For the host: a module looks at it. */
  look(): void {
    this.#now += BigInt(this.step);
  }

  /** Sets the time without running any timer: as an operator does. */
  set(epoch: number | Date): void {
    this.#now = BigInt(Math.trunc(Number(epoch))) * MILLISECOND;
  }

  /** Moves on and runs the timers that become due. */
  advance(milliseconds: number): void {
    const until = this.#now + BigInt(Math.round(milliseconds * 1e6));
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) {
      this.#fire(next);
    }
    if (this.#now < until) this.#now = until;
  }

  /** Moves to the next timer and runs it; false when there is none within `withinMs`. */
  advanceToNext(withinMs = Number.POSITIVE_INFINITY): boolean {
    const next = this.#next();
    if (next === undefined || Number(next.at - this.#now) > withinMs * 1e6) return false;
    this.#fire(next);
    return true;
  }

  /** For the host: runs something once, later. */
  after(milliseconds: number, run: () => void): Cancel {
    const at = this.#now + BigInt(Math.round(milliseconds * 1e6));
    const timer: Timer = { at, sequence: this.#sequence++, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      const earlier = first === undefined || timer.at < first.at;
      if (earlier || (timer.at === first?.at && timer.sequence < first.sequence)) first = timer;
    }
    return first;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    if (this.#now < timer.at) this.#now = timer.at;
    timer.run();
  }
}
