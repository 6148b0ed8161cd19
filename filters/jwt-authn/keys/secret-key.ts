// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { HmacKey } from "tremula/assembly/crypto/hmac";
import { digestLength } from "tremula/assembly/crypto/hash";
import { Mode } from "../config/mode";
import { Algorithm, hashOf, KeyFamily } from "./algorithm";
import { Key, KeyLabel } from "./key";

/** A secret for HS*. */
@final
export class SecretKey extends Key {
  /** For each of HS256, HS384 and HS512, from the first token with it on. */
  private readonly codes: StaticArray<HmacKey | null> = new StaticArray<HmacKey | null>(3);

  constructor(
    label: KeyLabel,
    private readonly secret: Bytes,
    private readonly mode: Mode,
  ) {
    super(KeyFamily.Oct, label);
  }

  /** In `Mode.Strict` a secret is at least as long as the digest (RFC 7518 section 3.2). */
  fits(algorithm: Algorithm): bool {
    if (!super.fits(algorithm)) return false;
    return this.mode == Mode.Envoy || this.secret.length >= digestLength(hashOf(algorithm));
  }

  verify(algorithm: Algorithm, signed: Bytes, signature: Bytes): bool {
    return this.fits(algorithm) && this.codeOf(algorithm).verify(signed, signature);
  }

  isSameAs(other: Key): bool {
    return other instanceof SecretKey && (<SecretKey>other).secret.equals(this.secret);
  }

  private codeOf(algorithm: Algorithm): HmacKey {
    const index = <i32>algorithm - <i32>Algorithm.HS256;
    let code = unchecked(this.codes[index]);
    if (code === null) {
      code = new HmacKey(hashOf(algorithm), this.secret);
      unchecked((this.codes[index] = code));
    }
    return code;
  }
}
