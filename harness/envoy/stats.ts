import type { Admin } from "./admin.js";
import { waitFor } from "./wait.js";

interface StatsAnswer {
  stats: { name?: string; value?: number | string; histograms?: unknown }[];
}

/** Counters and gauges at one moment, by name. */
export class StatsSnapshot {
  readonly #values: ReadonlyMap<string, number>;

  constructor(values: ReadonlyMap<string, number>) {
    this.#values = values;
  }

  /** Reads the answer to `/stats?format=json`; text values and histograms are left out. */
  static parse(json: string): StatsSnapshot {
    const values = new Map<string, number>();
    for (const { name, value } of (JSON.parse(json) as StatsAnswer).stats) {
      if (name !== undefined && typeof value === "number") values.set(name, value);
    }
    return new StatsSnapshot(values);
  }

  /** The value, or undefined when Envoy has no such statistic (yet). */
  get(name: string): number | undefined {
    return this.#values.get(name);
  }

  /** The value of a counter; one that was never created counts as 0. */
  counter(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  entries(): [string, number][] {
    return [...this.#values];
  }

  get size(): number {
    return this.#values.size;
  }
}

/** The value of a counter; one that was never created counts as 0. */
export async function readCounter(admin: Admin, name: string): Promise<number> {
  return (await admin.stat(name)) ?? 0;
}

/** Waits until a counter satisfies `predicate`; the failure names `what` and the value that the counter had. */
export async function waitForCounter(
  admin: Admin,
  name: string,
  predicate: (value: number) => boolean,
  what: string,
  timeoutMs = 5_000,
): Promise<number> {
  let seen: number | undefined;
  return waitFor({
    what: `${what} (${name})`,
    timeoutMs,
    check: async () => {
      seen = await admin.stat(name);
      return predicate(seen ?? 0) ? (seen ?? 0) : undefined;
    },
    detail: () => (seen === undefined ? "Envoy has no such statistic" : `it is ${seen}`),
  });
}
