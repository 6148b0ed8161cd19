// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { equalInConstantTime } from "./constant-time";
import { digest, digestLength, HashFunction, hasherOf } from "./hash";

// Memory for the largest hash function.

/** The key, filled up with zeros to a block and combined with a pad. */
// @ts-ignore: decorator
@lazy
const padded: usize = memory.data(128);

// @ts-ignore: decorator
@lazy
const innerDigest: usize = memory.data(64);

// @ts-ignore: decorator
@lazy
const expected: usize = memory.data(64);

const INNER_PAD: u8 = 0x36;
const OUTER_PAD: u8 = 0x5c;

/** A key for message authentication codes with a hash function (HMAC, RFC 2104). Only making one allocates. */
@final
export class HmacKey {
  /** The hash function's state after the key with the inner pad, then after the key with the outer pad. */
  private readonly states: StaticArray<u8>;

  /**
   * @param hash SHA-256 for HS256, SHA-384 for HS384, SHA-512 for HS512
   * @param key the secret, of any length; RFC 7518 section 3.2 demands one as long as the digest, which is for the caller
   *   to check
   */
  constructor(
    public readonly hash: HashFunction,
    key: Bytes,
  ) {
    const hasher = hasherOf(hash);
    const blockLength = hasher.blockLength;
    this.states = new StaticArray<u8>(blockLength);
    memory.fill(padded, 0, <usize>blockLength);
    if (key.length > blockLength) digest(hash, key.ptr, key.length, padded);
    else memory.copy(padded, key.ptr, <usize>key.length);
    this.absorb(INNER_PAD, this.inner);
    this.absorb(OUTER_PAD ^ INNER_PAD, this.outer);
    memory.fill(padded, 0, <usize>blockLength);
  }

  /** Octets in a code: 32, 48 or 64. */
  get length(): i32 {
    return digestLength(this.hash);
  }

  /** Writes the code of `length` octets at `ptr`, `this.length` octets, to `out`. */
  mac(ptr: usize, length: i32, out: usize): void {
    const hasher = hasherOf(this.hash);
    hasher.resume(this.inner, hasher.blockLength);
    hasher.update(ptr, length);
    hasher.finish(innerDigest);
    hasher.resume(this.outer, hasher.blockLength);
    hasher.update(innerDigest, hasher.digestLength);
    hasher.finish(out);
  }

  /** Whether this is the whole code of the message, compared in constant time. One of another length is not. */
  verify(message: Bytes, mac: Bytes): bool {
    if (mac.length != this.length) return false;
    this.mac(message.ptr, message.length, expected);
    return equalInConstantTime(expected, mac.ptr, mac.length);
  }

  /** Combines the padded key with `pad` and keeps the state after it. */
  private absorb(pad: u8, state: usize): void {
    const hasher = hasherOf(this.hash);
    const end = padded + <usize>hasher.blockLength;
    for (let at = padded; at < end; at++) store<u8>(at, load<u8>(at) ^ pad);
    hasher.update(padded, hasher.blockLength);
    hasher.save(state);
  }

  private get inner(): usize {
    return changetype<usize>(this.states);
  }

  private get outer(): usize {
    return changetype<usize>(this.states) + ((<usize>this.states.length) >> 1);
  }
}
