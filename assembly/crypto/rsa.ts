// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { HashFunction } from "./hash";
import { MAX_MODULUS_OCTETS, Montgomery } from "./montgomery";
import { encodePkcs1 } from "./pkcs1";
import { verifyPssEncoding } from "./pss";

/** Below it no encoding of a SHA-512 digest fits, and such keys have been factored. */
const MIN_MODULUS_BITS: i32 = 1024;

/** The largest exponent's bits, as in BoringSSL: what verifying costs grows with them, and 65,537 is what all use. */
const MAX_EXPONENT_BITS: u32 = 33;

// @ts-ignore: decorator
@lazy
const recovered: usize = memory.data(1024);

// @ts-ignore: decorator
@lazy
const encoded: usize = memory.data(1024);

/**
 * An RSA public key, prepared for verifying signatures: only making one allocates. Which sizes to trust is for the caller
 * to decide by `bits`; RFC 7518 section 3.3 demands 2,048 or more.
 */
@final
export class RsaPublicKey {
  private constructor(
    private readonly modulus: Montgomery,
    private readonly exponent: u64,
    /** Bits of the modulus, its size by which keys are told apart: 1,024 to 8,192. */
    public readonly bits: i32,
  ) {}

  /**
   * The key with this modulus and exponent, `n` and `e` of a JSON Web Key: numbers in network order, with or without
   * leading zeros. Null unless the modulus is odd and has 1,024 to 8,192 bits, and the exponent is odd, above one, of 33
   * bits at most and below the modulus. Whether the modulus is a product of two primes cannot be seen.
   */
  static from(modulus: Bytes, exponent: Bytes): RsaPublicKey | null {
    const n = withoutZeros(modulus);
    const e = withoutZeros(exponent);
    if (n.length == 0 || n.length > MAX_MODULUS_OCTETS || (n.at(n.length - 1) & 1) == 0) return null;
    const bits = 8 * n.length - (<i32>clz<u32>(<u32>n.at(0)) - 24);
    if (bits < MIN_MODULUS_BITS || e.length > 8) return null;
    let value: u64 = 0;
    for (let i = 0; i < e.length; i++) value = (value << 8) | (<u64>e.at(i));
    if (value < 3 || (value & 1) == 0 || value >> MAX_EXPONENT_BITS != 0) return null;
    return new RsaPublicKey(new Montgomery(n.ptr, n.length), value, bits);
  }

  /**
   * Whether this is a signature of the message by RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2): RS256, RS384 or RS512. It has
   * as many octets as the modulus.
   */
  verifyPkcs1(hash: HashFunction, message: Bytes, signature: Bytes): bool {
    if (!this.recover(signature)) return false;
    const length = this.modulus.length;
    encodePkcs1(hash, message.ptr, message.length, encoded, length);
    return memory.compare(recovered, encoded, <usize>length) == 0;
  }

  /**
   * Whether this is a signature of the message by RSASSA-PSS (RFC 8017 section 8.1.2), with the parameters of RFC 7518
   * section 3.5: PS256, PS384 or PS512. It has as many octets as the modulus.
   */
  verifyPss(hash: HashFunction, message: Bytes, signature: Bytes): bool {
    if (!this.recover(signature)) return false;
    // With 8k + 1 bits the encoded message has an octet less than the modulus.
    let at = recovered;
    if ((this.bits & 7) == 1) {
      if (load<u8>(at) != 0) return false;
      at++;
    }
    return verifyPssEncoding(hash, message.ptr, message.length, at, this.bits - 1);
  }

  /** Raises the signature to the exponent; false when it has another length or is not below the modulus. */
  private recover(signature: Bytes): bool {
    if (signature.length != this.modulus.length) return false;
    return this.modulus.raise(signature.ptr, this.exponent, recovered);
  }
}

function withoutZeros(number: Bytes): Bytes {
  let start = 0;
  while (number.at(start) == 0) start++;
  return number.slice(start);
}
