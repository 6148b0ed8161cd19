// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Token } from "./token";

/** A token whose signature has been verified, and by which keys. */
@final
export class CachedToken {
  /** The next one in the same bucket. */
  chained: CachedToken | null = null;
  /** Neighbours by time of use. */
  newer: CachedToken | null = null;
  older: CachedToken | null = null;

  constructor(
    readonly token: Token,
    readonly hash: u32,
    public provider: i32,
    public generation: u32,
  ) {}
}

/**
 * Tokens that have been verified, by their whole text: nothing that merely hashes alike is ever taken for one. Of a token
 * only its form and its signature are remembered, with the provider and the generation of its keys; whoever finds one
 * checks everything that depends on time, audience and requirement again. When it is full, the one that was not used for
 * the longest time goes.
 */
@final
export class TokenCache {
  private readonly buckets: StaticArray<CachedToken | null>;
  private readonly mask: u32;
  private newest: CachedToken | null = null;
  private oldest: CachedToken | null = null;
  /** Tokens that are remembered now. */
  size: i32 = 0;
  hits: u32 = 0;
  misses: u32 = 0;
  evictions: u32 = 0;

  /**
   * @param capacity tokens at most
   * @param maxTokenSize octets of the longest one
   */
  constructor(
    private readonly capacity: i32,
    private readonly maxTokenSize: i32,
  ) {
    let buckets = 16;
    while (buckets < capacity && buckets < 1 << 20) buckets <<= 1;
    this.buckets = new StaticArray<CachedToken | null>(buckets);
    this.mask = <u32>(buckets - 1);
  }

  find(text: Bytes): CachedToken | null {
    const known = this.lookUp(text, hashOf(text));
    if (known === null) {
      this.misses++;
      return null;
    }
    this.hits++;
    if (known !== this.newest) {
      this.unlink(known);
      this.link(known);
    }
    return known;
  }

  /** Remembers a token that these keys of a provider have just verified. */
  add(token: Token, provider: i32, generation: u32): void {
    if (token.text.length > this.maxTokenSize || this.capacity == 0) return;
    const hash = hashOf(token.text);
    const known = this.lookUp(token.text, hash);
    if (known !== null) {
      known.provider = provider;
      known.generation = generation;
      return;
    }
    if (this.size >= this.capacity) this.evict();
    token.detach();
    const entry = new CachedToken(token, hash, provider, generation);
    const bucket = hash & this.mask;
    entry.chained = unchecked(this.buckets[bucket]);
    unchecked((this.buckets[bucket] = entry));
    this.link(entry);
    this.size++;
  }

  private lookUp(text: Bytes, hash: u32): CachedToken | null {
    let entry = unchecked(this.buckets[hash & this.mask]);
    while (entry !== null) {
      if (entry.hash == hash && entry.token.text.equals(text)) return entry;
      entry = entry.chained;
    }
    return null;
  }

  private evict(): void {
    const entry = this.oldest;
    if (entry === null) return;
    this.unlink(entry);
    const bucket = entry.hash & this.mask;
    let before: CachedToken | null = null;
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

  private link(entry: CachedToken): void {
    const newest = this.newest;
    entry.older = newest;
    entry.newer = null;
    if (newest !== null) newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
  }

  private unlink(entry: CachedToken): void {
    const newer = entry.newer;
    const older = entry.older;
    if (newer !== null) newer.older = older;
    else this.newest = older;
    if (older !== null) older.newer = newer;
    else this.oldest = newer;
  }
}

/**
 * Of the last octets, which are those of the signature: what an attacker can choose of them is not verified, and so never
 * remembered, and buckets hold verified tokens only.
 */
function hashOf(text: Bytes): u32 {
  let hash: u64 = <u64>text.length;
  let left = min(text.length, 32);
  let ptr = text.ptr + <usize>(text.length - left);
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
