// SPDX-License-Identifier: Apache-2.0

/**
 * Streams that the timer has to look at, linked through themselves: `newer`, `older` and `isLive` are theirs. Adding and
 * removing allocates nothing.
 */
@final
export class LiveList<T> {
  newest: T | null = null;
  count: i32 = 0;

  add(stream: T): void {
    const newest = this.newest;
    stream.older = newest;
    if (newest !== null) newest.newer = stream;
    this.newest = stream;
    stream.isLive = true;
    this.count++;
  }

  /** Does nothing for one that is not in the list. */
  remove(stream: T): void {
    if (!stream.isLive) return;
    const newer = stream.newer;
    const older = stream.older;
    if (newer !== null) newer.older = older;
    else this.newest = older;
    if (older !== null) older.newer = newer;
    stream.newer = null;
    stream.older = null;
    stream.isLive = false;
    this.count--;
  }
}
