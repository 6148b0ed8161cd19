// SPDX-License-Identifier: Apache-2.0
import { Bytes, decodeBase64 } from "tremula/assembly";
import { BIT_STRING, DerReader, INTEGER, OBJECT_IDENTIFIER, SEQUENCE } from "./der-reader";

const VERSION: i32 = 0xa0;

/** OID 1.2.840.113549.1.1.1, rsaEncryption. */
// prettier-ignore
const RSA_ENCRYPTION: usize = memory.data<u8>([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
const RSA_ENCRYPTION_LENGTH: i32 = 9;

/** The numbers of an RSA key, as DER has them: perhaps with a zero before them. */
@final
export class RsaNumbers {
  constructor(
    readonly n: Bytes,
    readonly e: Bytes,
  ) {}
}

/**
 * The public key of an X.509 certificate, as the contents of its SubjectPublicKeyInfo (RFC 5280 section 4.1); null when it
 * is none. Nothing else of it is looked at: it vouches for nothing, and carries the key only.
 *
 * @param text what PEM has between its two lines
 */
export function publicKeyOf(text: Bytes): Bytes | null {
  const certificate = decodeBase64(text);
  if (certificate === null) return null;
  const whole = new DerReader(certificate);
  const signed = whole.next(SEQUENCE);
  if (signed === null || !whole.isAtEnd) return null;
  const contents = new DerReader(signed).next(SEQUENCE);
  if (contents === null) return null;
  const fields = new DerReader(contents);
  if (fields.tag == VERSION && !fields.skip(VERSION)) return null;
  // Serial number, signature algorithm, issuer, validity and subject.
  if (!fields.skip(INTEGER)) return null;
  for (let i = 0; i < 4; i++) if (!fields.skip(SEQUENCE)) return null;
  return fields.next(SEQUENCE);
}

/** The numbers of such a public key; null when it is not for RSA (RFC 3279 section 2.3.1). */
export function rsaNumbersOf(publicKey: Bytes): RsaNumbers | null {
  const fields = new DerReader(publicKey);
  const algorithm = fields.next(SEQUENCE);
  const bits = fields.next(BIT_STRING);
  if (algorithm === null || bits === null) return null;
  const identifier = new DerReader(algorithm).next(OBJECT_IDENTIFIER);
  if (identifier === null) return null;
  if (!identifier.equals(Bytes.fromMemory(null, RSA_ENCRYPTION, RSA_ENCRYPTION_LENGTH))) return null;
  // Behind an octet for the number of unused bits.
  const key = new DerReader(bits.slice(1)).next(SEQUENCE);
  if (key === null) return null;
  const numbers = new DerReader(key);
  const n = numbers.next(INTEGER);
  const e = numbers.next(INTEGER);
  return n !== null && e !== null ? new RsaNumbers(n, e) : null;
}
