// SPDX-License-Identifier: Apache-2.0
import { RbacConnection } from "./tcp";

/** Connections that wait for their end, in the order of their time: all wait equally long. */
@final
export class DelayedCloses {
  private readonly connections: Array<RbacConnection> = [];
  private readonly times: Array<u64> = [];

  /** @param time when to close it, in milliseconds, not before those that are there */
  add(connection: RbacConnection, time: u64): void {
    this.connections.push(connection);
    this.times.push(time);
  }

  /** It is gone by itself. */
  remove(connection: RbacConnection): void {
    const index = this.connections.indexOf(connection);
    if (index < 0) return;
    this.connections.splice(index, 1);
    this.times.splice(index, 1);
  }

  /** The next one whose time has come, or null; it waits no more. */
  takeDue(now: u64): RbacConnection | null {
    if (this.times.length == 0 || this.times[0] > now) return null;
    this.times.shift();
    return this.connections.shift();
  }

  /** Milliseconds until the next one is due, at least 1; 0 when none waits. */
  wait(now: u64): u32 {
    if (this.times.length == 0) return 0;
    const time = this.times[0];
    return time > now ? <u32>min<u64>(time - now, 60_000) : 1;
  }
}
