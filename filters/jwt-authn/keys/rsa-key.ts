// SPDX-License-Identifier: Apache-2.0
import { Bytes, SignatureCheck } from "tremula/assembly";
import { RsaPublicKey } from "tremula/assembly/crypto/rsa";
import { rsaSpki } from "tremula/assembly/crypto/spki";
import { Verifier } from "../config/mode";
import { Algorithm, hashOf, KeyFamily } from "./algorithm";
import { usesHost, verifyInHost } from "./host-verification";
import { Key, KeyLabel } from "./key";

/** A key for RS* and PS*. */
@final
export class RsaKey extends Key {
  private readonly spki: Bytes;
  /** From the first signature on that the module verifies itself: preparing it takes as long as many do in the host. */
  private own: RsaPublicKey | null = null;
  private isPrepared: bool = false;

  /**
   * @param n modulus, without leading zeros
   * @param e exponent, likewise
   */
  constructor(
    label: KeyLabel,
    private readonly n: Bytes,
    private readonly e: Bytes,
    private readonly verifier: Verifier,
  ) {
    super(KeyFamily.RSA, label);
    this.spki = rsaSpki(n, e);
  }

  verify(algorithm: Algorithm, signed: Bytes, signature: Bytes): bool {
    if (!this.fits(algorithm) || signature.isEmpty) return false;
    const hash = hashOf(algorithm);
    const isPss = algorithm >= Algorithm.PS256;
    if (!isPss && usesHost(this.verifier)) {
      const check = verifyInHost(hash, this.spki, signature, signed);
      if (check != SignatureCheck.Unavailable) return check == SignatureCheck.Valid;
    }
    const own = this.prepared();
    if (own === null) return false;
    return isPss ? own.verifyPss(hash, signed, signature) : own.verifyPkcs1(hash, signed, signature);
  }

  isSameAs(other: Key): bool {
    return other instanceof RsaKey && (<RsaKey>other).spki.equals(this.spki);
  }

  /** Null for sizes that only the host can do, which `Mode.Envoy` lets in: 512 to 1,023 bits and above 8,192. */
  private prepared(): RsaPublicKey | null {
    if (!this.isPrepared) {
      this.own = RsaPublicKey.from(this.n, this.e);
      this.isPrepared = true;
    }
    return this.own;
  }
}
