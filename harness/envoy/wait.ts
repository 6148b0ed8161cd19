import { setTimeout as delay } from "node:timers/promises";

/** A condition to wait for. */
export interface Wait<T> {
  /** What has to happen, as it reads after "waited 5 s for". */
  readonly what: string;
  readonly timeoutMs: number;
  /** The awaited value, or undefined while it is not there; throws when it can no longer come. */
  readonly check: () => T | undefined | Promise<T | undefined>;
  /** What is known about why it has not happened; asked once, on failure. */
  readonly detail?: () => string | Promise<string>;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Thrown when a condition did not come true in time. */
export class WaitTimeout extends Error {
  constructor(what: string, timeoutMs: number, detail: string) {
    super(`waited ${timeoutMs / 1000} s for ${what}${detail === "" ? "" : `: ${detail}`}`);
    this.name = "WaitTimeout";
  }
}

/** Waits until `check` gives a value. The condition is looked at once more when the time is up. */
export async function waitFor<T>(wait: Wait<T>): Promise<T> {
  const end = performance.now() + wait.timeoutMs;
  for (;;) {
    wait.signal?.throwIfAborted();
    const last = performance.now() >= end;
    const value = await wait.check();
    if (value !== undefined) return value;
    if (last) throw new WaitTimeout(wait.what, wait.timeoutMs, (await wait.detail?.()) ?? "");
    await delay(wait.intervalMs ?? 10);
  }
}
