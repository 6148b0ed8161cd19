// SPDX-License-Identifier: Apache-2.0
import { digest, digestLength, HashFunction, hasherOf } from "./hash";

// Memory for the largest hash function.

// @ts-ignore: decorator
@lazy
const messageDigest: usize = memory.data(64);

// @ts-ignore: decorator
@lazy
const expected: usize = memory.data(64);

// @ts-ignore: decorator
@lazy
const mask: usize = memory.data(64);

/** The counter of a mask's blocks; its eight zeros in front also begin what is hashed last. */
// @ts-ignore: decorator
@lazy
const counter: usize = memory.data(12);

/**
 * Whether an encoded message is one that RSASSA-PSS makes of the message (EMSA-PSS-VERIFY, RFC 8017 section 9.1.2), with a
 * salt as long as the digest and MGF1 of the same hash function, as RFC 7518 section 3.5 demands.
 *
 * @param encoded the encoded message, as many octets as `bits` take; they are unmasked in place
 * @param bits how many bits it may have, one less than the modulus
 */
export function verifyPssEncoding(
  hash: HashFunction,
  message: usize,
  messageLength: i32,
  encoded: usize,
  bits: i32,
): bool {
  const length = (bits + 7) >> 3;
  const hashLength = digestLength(hash);
  const saltLength = hashLength;
  if (length < hashLength + saltLength + 2) return false;
  const digestAt = encoded + <usize>(length - hashLength - 1);
  const maskedLength = length - hashLength - 1;
  const saltAt = digestAt - <usize>saltLength;
  if (load<u8>(encoded + <usize>(length - 1)) != 0xbc) return false;

  // The highest bits of the first octet, which the modulus leaves no room for, are zero before and after the mask.
  const unusedBits = <u32>(8 * length - bits);
  const used = <u8>((<u32>0xff) >> unusedBits);
  if ((load<u8>(encoded) & ~used) != 0) return false;
  removeMask(hash, digestAt, encoded, maskedLength);
  store<u8>(encoded, load<u8>(encoded) & used);

  const separator = saltAt - 1;
  for (let at = encoded; at < separator; at++) if (load<u8>(at) != 0) return false;
  if (load<u8>(separator) != 0x01) return false;

  digest(hash, message, messageLength, messageDigest);
  const hasher = hasherOf(hash);
  hasher.update(counter, 8);
  hasher.update(messageDigest, hashLength);
  hasher.update(saltAt, saltLength);
  hasher.finish(expected);
  return memory.compare(expected, digestAt, <usize>hashLength) == 0;
}

/** Takes the mask that MGF1 (RFC 8017 appendix B.2.1) makes of a digest, `seed`, off `length` octets at `ptr`. */
function removeMask(hash: HashFunction, seed: usize, ptr: usize, length: i32): void {
  const hashLength = digestLength(hash);
  for (let block: u32 = 0; length > 0; block++) {
    const hasher = hasherOf(hash);
    hasher.update(seed, hashLength);
    store<u32>(counter, bswap<u32>(block), 8);
    hasher.update(counter + 8, 4);
    hasher.finish(mask);
    const octets = min(length, hashLength);
    for (let i = 0; i < octets; i++) {
      const at = ptr + <usize>i;
      store<u8>(at, load<u8>(at) ^ load<u8>(mask + <usize>i));
    }
    ptr += <usize>octets;
    length -= octets;
  }
}
