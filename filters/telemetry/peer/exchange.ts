// SPDX-License-Identifier: Apache-2.0
import { Bytes, OctetCache, decodeBase64Url, encodeBase64 } from "tremula/assembly";
import { Peer } from "./peer";
import { Stats } from "./stats";

const PLUS: u8 = 0x2b;
const MINUS: u8 = 0x2d;
const SLASH: u8 = 0x2f;
const UNDERSCORE: u8 = 0x5f;
const PAD: i32 = 0x3d;

/** Octets of the longest header value that is remembered; the longest of Istio are under a thousand. */
const LONGEST_REMEMBERED: i32 = 4096;
/** Hits that are counted at once, so that a request need not pay for the counter. */
const HITS: u32 = 100;

/** Reads what peers say of themselves in headers, each text once. */
@final
export class Exchange {
  private readonly cache: OctetCache<Peer>;

  /**
   * @param capacity peers that are remembered
   * @param longest octets of the longest value that is read at all
   */
  constructor(
    capacity: i32,
    private readonly longest: i32,
    private readonly stats: Stats,
  ) {
    this.cache = new OctetCache<Peer>(capacity, LONGEST_REMEMBERED);
  }

  /** The peer of an `x-envoy-peer-metadata` value; null, and counted, when it is none. */
  read(value: Bytes): Peer | null {
    const known = this.cache.find(value);
    if (known !== null) {
      if (this.cache.hits >= HITS) this.count();
      return known.value;
    }
    if (value.length > this.longest) {
      this.stats.oversized.increment();
      return null;
    }
    const peer = decode(value);
    if (peer === null) this.stats.malformed.increment();
    else this.cache.set(value, peer);
    this.count();
    return peer;
  }

  /** Adds what the cache has seen since the last time. */
  count(): void {
    const cache = this.cache;
    this.stats.cacheHit.increment(cache.hits);
    this.stats.cacheMiss.increment(cache.misses);
    this.stats.cacheEvicted.increment(cache.evictions);
    cache.hits = 0;
    cache.misses = 0;
    cache.evictions = 0;
  }
}

/** A header value of a serialized struct: base64 (RFC 4648 section 4) with padding, as Istio's proxies write it. */
export function encode(struct: Bytes): Bytes {
  return encodeBase64(struct);
}

/** The peer of base64 text, which may have padding; null when it is no base64, or no struct, or an empty one. */
export function decode(value: Bytes): Peer | null {
  let length = value.length;
  for (let pads = 0; pads < 2 && length > 0 && value.at(length - 1) == PAD; pads++) length--;
  const text = value.slice(0, length).copy();
  for (let i = 0; i < length; i++) {
    const letter = text.ptr + <usize>i;
    const octet = load<u8>(letter);
    // What the other alphabet has in their place.
    if (octet == PLUS) store<u8>(letter, MINUS);
    else if (octet == SLASH) store<u8>(letter, UNDERSCORE);
    else if (octet == MINUS || octet == UNDERSCORE) return null;
  }
  const struct = decodeBase64Url(text);
  return struct !== null && !struct.isEmpty ? Peer.fromStruct(struct) : null;
}
