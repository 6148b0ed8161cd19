// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/** Something that is remembered, and the octets that it is remembered by. */
@final
export class Entry<V> {
  /** The next one in the same bucket. */
  chained: Entry<V> | null = null;
  /** Neighbours by time of use. */
  newer: Entry<V> | null = null;
  older: Entry<V> | null = null;

  constructor(
    readonly key: Bytes,
    readonly hash: u32,
    public value: V,
  ) {}
}

/**
 * Values by octets, all of them: what merely hashes alike is never taken for another. When it is full, the one that was not
 * used for the longest time goes.
 */
@final
export class OctetCache<V> {
  private readonly buckets: StaticArray<Entry<V> | null>;
  private readonly mask: u32;
  private newest: Entry<V> | null = null;
  private oldest: Entry<V> | null = null;
  /** Values that are remembered now. */
  size: i32 = 0;
  hits: u32 = 0;
  misses: u32 = 0;
  evictions: u32 = 0;

  /**
   * @param capacity values at most; 0 remembers none
   * @param longest octets of the longest key that is remembered
   */
  constructor(
    private readonly capacity: i32,
    private readonly longest: i32,
  ) {
    let buckets = 16;
    while (buckets < capacity && buckets < 1 << 16) buckets <<= 1;
    this.buckets = new StaticArray<Entry<V> | null>(buckets);
    this.mask = <u32>(buckets - 1);
  }

  /** What is remembered by these octets, or null. */
  find(key: Bytes): Entry<V> | null {
    // Most often it is the one before, or the other one where there are two.
    const newest = this.newest;
    if (newest !== null) {
      const second = newest.older;
      const recent = newest.key.equals(key) ? newest : second;
      if (recent !== null && (recent === newest || recent.key.equals(key))) {
        this.hits++;
        return this.touch(recent);
      }
    }
    const hash = hashOf(key);
    let entry = unchecked(this.buckets[hash & this.mask]);
    while (entry !== null && (entry.hash != hash || !entry.key.equals(key))) entry = entry.chained;
    if (entry === null) {
      this.misses++;
      return null;
    }
    this.hits++;
    return this.touch(entry);
  }

  private touch(entry: Entry<V>): Entry<V> {
    if (entry !== this.newest) {
      this.unlink(entry);
      this.link(entry);
    }
    return entry;
  }

  /** Remembers what `find` has not found. */
  add(key: Bytes, value: V): void {
    if (key.length > this.longest || this.capacity <= 0) return;
    if (this.size >= this.capacity) this.evict();
    const entry = new Entry<V>(key.copy(), hashOf(key), value);
    const bucket = entry.hash & this.mask;
    entry.chained = unchecked(this.buckets[bucket]);
    unchecked((this.buckets[bucket] = entry));
    this.link(entry);
    this.size++;
  }

  private evict(): void {
    const entry = this.oldest;
    if (entry === null) return;
    this.unlink(entry);
    const bucket = entry.hash & this.mask;
    let before: Entry<V> | null = null;
    let at = unchecked(this.buckets[bucket]);
    while (at !== null && at !== entry) {
      before = at;
      at = at.chained;
    }
    if (before === null) unchecked((this.buckets[bucket] = entry.chained));
    else before.chained = entry.chained;
    this.size--;
    this.evictions++;
  }

  private link(entry: Entry<V>): void {
    const newest = this.newest;
    entry.older = newest;
    entry.newer = null;
    if (newest !== null) newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
  }

  private unlink(entry: Entry<V>): void {
    const newer = entry.newer;
    const older = entry.older;
    if (newer !== null) newer.older = older;
    else this.newest = older;
    if (older !== null) older.newer = newer;
    else this.oldest = newer;
  }
}

/** Whoever chooses keys can put them all into one bucket; a look through as many as there may be is the worst. */
function hashOf(key: Bytes): u32 {
  let hash: u64 = <u64>key.length;
  let left = key.length;
  let ptr = key.ptr;
  for (; left >= 8; left -= 8) {
    hash = (hash ^ load<u64>(ptr)) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
    ptr += 8;
  }
  for (; left > 0; left--) {
    hash = (hash ^ (<u64>load<u8>(ptr))) * 0x9e3779b97f4a7c15;
    ptr++;
  }
  return <u32>(hash >> 32);
}
