// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";

/** A value that an `OctetCache` remembers, and the octets that it is remembered by. */
@final
export class OctetCacheEntry<V> {
  /** @internal The next one in the same bucket. */
  _chained: OctetCacheEntry<V> | null = null;
  /** @internal Neighbours by time of use. */
  _newer: OctetCacheEntry<V> | null = null;
  _older: OctetCacheEntry<V> | null = null;

  /** @internal Made by the cache. */
  constructor(
    readonly key: Bytes,
    readonly _hash: u32,
    public value: V,
  ) {}
}

/**
 * Values by octets, such as what a peer sends again and again: all octets are compared, so that what merely hashes alike is
 * never taken for another. When it is full, the one that was not used for the longest time goes.
 */
@final
export class OctetCache<V> {
  private readonly buckets: StaticArray<OctetCacheEntry<V> | null>;
  private readonly mask: u32;
  private newest: OctetCacheEntry<V> | null = null;
  private oldest: OctetCacheEntry<V> | null = null;
  /** Values that are remembered now. */
  size: i32 = 0;
  /** Calls of `find` that found something, and those that did not, since whoever reports them last set them to 0. */
  hits: u32 = 0;
  misses: u32 = 0;
  /** Values that had to go to make room, likewise. */
  evictions: u32 = 0;

  /**
   * @param capacity values at most; 0 remembers none
   * @param longest octets of the longest key that is remembered
   * @param hashed octets at the end of a key that choose its bucket: as many as tell keys apart, if they end in what nobody
   *   can choose, such as a signature that was good
   */
  constructor(
    private readonly capacity: i32,
    private readonly longest: i32,
    private readonly hashed: i32 = i32.MAX_VALUE,
  ) {
    let buckets = 16;
    while (buckets < capacity && buckets < 1 << 20) buckets <<= 1;
    this.buckets = new StaticArray<OctetCacheEntry<V> | null>(buckets);
    this.mask = <u32>(buckets - 1);
  }

  /** What is remembered by these octets, or null; of all values it is the last that goes now. */
  find(key: Bytes): OctetCacheEntry<V> | null {
    // Most often it is the one before, or the other one where there are two.
    const newest = this.newest;
    if (newest !== null) {
      const second = newest._older;
      const recent = newest.key.equals(key) ? newest : second;
      if (recent !== null && (recent === newest || recent.key.equals(key))) {
        this.hits++;
        return this.touch(recent);
      }
    }
    const entry = this.lookUp(key, this.hashOf(key));
    if (entry === null) {
      this.misses++;
      return null;
    }
    this.hits++;
    return this.touch(entry);
  }

  /**
   * Remembers a value, in place of what was remembered by these octets before.
   *
   * @param key copied
   * @returns null when it is not remembered, because the key is too long or the capacity 0
   */
  set(key: Bytes, value: V): OctetCacheEntry<V> | null {
    if (key.length > this.longest || this.capacity <= 0) return null;
    const hash = this.hashOf(key);
    const known = this.lookUp(key, hash);
    if (known !== null) {
      known.value = value;
      return this.touch(known);
    }
    if (this.size >= this.capacity) this.evict();
    const entry = new OctetCacheEntry<V>(key.copy(), hash, value);
    const bucket = hash & this.mask;
    entry._chained = unchecked(this.buckets[bucket]);
    unchecked((this.buckets[bucket] = entry));
    this.link(entry);
    this.size++;
    return entry;
  }

  private lookUp(key: Bytes, hash: u32): OctetCacheEntry<V> | null {
    let entry = unchecked(this.buckets[hash & this.mask]);
    while (entry !== null && (entry._hash != hash || !entry.key.equals(key))) entry = entry._chained;
    return entry;
  }

  private touch(entry: OctetCacheEntry<V>): OctetCacheEntry<V> {
    if (entry !== this.newest) {
      this.unlink(entry);
      this.link(entry);
    }
    return entry;
  }

  private evict(): void {
    const entry = this.oldest;
    if (entry === null) return;
    this.unlink(entry);
    const bucket = entry._hash & this.mask;
    let before: OctetCacheEntry<V> | null = null;
    let at = unchecked(this.buckets[bucket]);
    while (at !== null && at !== entry) {
      before = at;
      at = at._chained;
    }
    if (before === null) unchecked((this.buckets[bucket] = entry._chained));
    else before._chained = entry._chained;
    this.size--;
    this.evictions++;
  }

  private link(entry: OctetCacheEntry<V>): void {
    const newest = this.newest;
    entry._older = newest;
    entry._newer = null;
    if (newest !== null) newest._newer = entry;
    else this.oldest = entry;
    this.newest = entry;
  }

  private unlink(entry: OctetCacheEntry<V>): void {
    const newer = entry._newer;
    const older = entry._older;
    if (newer !== null) newer._older = older;
    else this.newest = older;
    if (older !== null) older._newer = newer;
    else this.oldest = newer;
  }

  /** Whoever chooses keys can put them all into one bucket; a look through as many as there may be is the worst. */
  private hashOf(key: Bytes): u32 {
    let hash: u64 = <u64>key.length;
    let left = min(key.length, this.hashed);
    let ptr = key.ptr + <usize>(key.length - left);
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
}
