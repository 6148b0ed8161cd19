// SPDX-License-Identifier: Apache-2.0
import { Bytes, OctetCache } from "tremula/assembly";
import { Token } from "./token";

/**
 * Octets at the end of a token that choose its bucket, which are those of the signature: what an attacker can choose of
 * them is not verified, and so never remembered.
 */
const HASHED: i32 = 32;

/** A token whose signature has been verified, and by which keys. */
@final
export class CachedToken {
  constructor(
    readonly token: Token,
    readonly provider: i32,
    readonly generation: u32,
  ) {}
}

/**
 * Tokens that have been verified, by their whole text. Of a token only its form and its signature are remembered, with the
 * provider and the generation of its keys; whoever finds one checks everything that depends on time, audience and
 * requirement again.
 */
@final
export class TokenCache {
  readonly entries: OctetCache<CachedToken>;

  /**
   * @param capacity tokens at most
   * @param maxTokenSize octets of the longest one
   */
  constructor(capacity: i32, maxTokenSize: i32) {
    this.entries = new OctetCache<CachedToken>(capacity, maxTokenSize, HASHED);
  }

  find(text: Bytes): CachedToken | null {
    const entry = this.entries.find(text);
    return entry !== null ? entry.value : null;
  }

  /** Remembers a token that these keys of a provider have just verified. */
  add(token: Token, provider: i32, generation: u32): void {
    const entry = this.entries.set(token.text, new CachedToken(token, provider, generation));
    if (entry !== null) token.detach(entry.key);
  }
}
