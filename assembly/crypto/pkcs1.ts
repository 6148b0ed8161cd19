// SPDX-License-Identifier: Apache-2.0
import { digest, digestLength, HashFunction } from "./hash";

/**
 * What comes before the digest in a DigestInfo, in DER (RFC 8017 section 9.2, note 1): the same 19 octets for each hash
 * function, but for three of them.
 */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const DIGEST_INFO: usize = memory.data<u8>([
  0x30, 0, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0, 0x05, 0x00, 0x04, 0,
]);

const DIGEST_INFO_LENGTH: i32 = 19;

/**
 * Writes what a valid PKCS #1 v1.5 signature of the message stands for (EMSA-PKCS1-v1_5, RFC 8017 section 9.2). A
 * verifier that makes it and compares has nothing to parse, which is where forgeries of such signatures came from.
 *
 * @param length octets to write, those of the modulus: 94 or more
 */
export function encodePkcs1(
  hash: HashFunction,
  message: usize,
  messageLength: i32,
  out: usize,
  length: i32,
): void {
  const hashLength = digestLength(hash);
  const info = out + <usize>(length - hashLength - DIGEST_INFO_LENGTH);
  store<u16>(out, 0x0100); // 00 01, little-endian
  memory.fill(out + 2, 0xff, info - out - 3);
  store<u8>(info - 1, 0);
  memory.copy(info, DIGEST_INFO, <usize>DIGEST_INFO_LENGTH);
  store<u8>(info, <u8>(DIGEST_INFO_LENGTH - 2 + hashLength), 1);
  store<u8>(info, objectIdentifierEnd(hash), 14);
  store<u8>(info, <u8>hashLength, 18);
  digest(hash, message, messageLength, info + <usize>DIGEST_INFO_LENGTH);
}

/** The last component of the function's object identifier, 2.16.840.1.101.3.4.2.x. */
function objectIdentifierEnd(hash: HashFunction): u8 {
  return hash == HashFunction.Sha256 ? 1 : hash == HashFunction.Sha384 ? 2 : 3;
}
