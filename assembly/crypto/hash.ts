// SPDX-License-Identifier: Apache-2.0
import { BlockHash } from "./block-hash";
import { Sha256 } from "./sha256";
import { Sha512 } from "./sha512";

/** The hash functions of JSON Web Algorithms (RFC 7518): those of `RS256`, `PS384`, `HS512` and so on. */
export const enum HashFunction {
  Sha256,
  Sha384,
  Sha512,
}

/** Octets in the longest digest. */
export const MAX_DIGEST_LENGTH: i32 = 64;

/** Octets in a digest: 32, 48 or 64. */
export function digestLength(hash: HashFunction): i32 {
  return hash == HashFunction.Sha256 ? 32 : hash == HashFunction.Sha384 ? 48 : 64;
}

/** Writes the digest of `length` octets at `ptr`, `digestLength(hash)` octets, to `out`. Only the first call allocates. */
export function digest(hash: HashFunction, ptr: usize, length: i32, out: usize): void {
  const hasher = hasherOf(hash);
  hasher.update(ptr, length);
  hasher.finish(out);
}

/**
 * The one object for this function that the module's own code shares, begun anew. Whoever takes it is done with it before
 * another can: it does not outlive the call.
 */
export function hasherOf(hash: HashFunction): BlockHash {
  const hasher = hash == HashFunction.Sha256 ? sharedSha256() : sharedSha512(hash);
  hasher.reset();
  return hasher;
}

// Made at the first use, so that they are compiled into filters that hash only.
let sha256: Sha256 | null = null;
let sha384: Sha512 | null = null;
let sha512: Sha512 | null = null;

function sharedSha256(): BlockHash {
  let hasher = sha256;
  if (hasher === null) sha256 = hasher = new Sha256();
  return hasher;
}

function sharedSha512(hash: HashFunction): BlockHash {
  let hasher = hash == HashFunction.Sha384 ? sha384 : sha512;
  if (hasher === null) {
    hasher = new Sha512(digestLength(hash));
    if (hash == HashFunction.Sha384) sha384 = hasher;
    else sha512 = hasher;
  }
  return hasher;
}
