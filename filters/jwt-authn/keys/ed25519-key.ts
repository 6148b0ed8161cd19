// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Ed25519PublicKey } from "tremula/assembly/crypto/ed25519";
import { Algorithm, KeyFamily } from "./algorithm";
import { Key, KeyLabel } from "./key";

/** A key for EdDSA on edwards25519 (RFC 8037). */
@final
export class Ed25519Key extends Key {
  /**
   * Null for octets that are no point that a signer can have. The native filter takes such a key, and anybody can sign by
   * some of them; here it verifies nothing.
   */
  private readonly own: Ed25519PublicKey | null;

  /** @param x 32 octets */
  constructor(
    label: KeyLabel,
    private readonly x: Bytes,
  ) {
    super(KeyFamily.OKP, label);
    this.own = Ed25519PublicKey.from(x);
  }

  /** Whether it is a key at all. */
  get isPoint(): bool {
    return this.own !== null;
  }

  verify(algorithm: Algorithm, signed: Bytes, signature: Bytes): bool {
    const own = this.own;
    return own !== null && this.fits(algorithm) && own.verify(signed, signature);
  }

  isSameAs(other: Key): bool {
    return other instanceof Ed25519Key && (<Ed25519Key>other).x.equals(this.x);
  }
}
