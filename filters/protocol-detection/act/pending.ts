// SPDX-License-Identifier: Apache-2.0
import { Connection } from "../tcp";

/** Milliseconds that a deadline may be late: those that are near each other share a tick. */
const GRANULARITY: u64 = 5;

/**
 * Connections that wait for a verdict and have equally long for it, so that the order in which they came is that of their
 * deadlines: a tick looks at those that are due and at one more. The list runs through the connections themselves, so that
 * it takes no memory, and a connection leaves it at once.
 */
@final
export class PendingQueue {
  private first: Connection | null = null;
  private last: Connection | null = null;

  constructor(
    /** Milliseconds that a connection has. */
    readonly period: u64,
  ) {}

  add(connection: Connection, now: u64): void {
    const last = this.last;
    connection.due = now + this.period;
    connection.before = last;
    if (last !== null) last.after = connection;
    else this.first = connection;
    this.last = connection;
  }

  remove(connection: Connection): void {
    const before = connection.before;
    const after = connection.after;
    if (before !== null) before.after = after;
    else this.first = after;
    if (after !== null) after.before = before;
    else this.last = before;
    connection.before = null;
    connection.after = null;
    connection.due = 0;
  }

  /** The first connection whose time has come, or null. */
  due(now: u64): Connection | null {
    const first = this.first;
    return first !== null && first.due <= now ? first : null;
  }

  /** Milliseconds until the first one is due; `u64.MAX_VALUE` when there is none. */
  wait(now: u64): u64 {
    const first = this.first;
    if (first === null) return u64.MAX_VALUE;
    return first.due > now + GRANULARITY ? first.due - now : GRANULARITY;
  }
}
