// SPDX-License-Identifier: Apache-2.0
import { Bytes, SignatureCheck } from "tremula/assembly";
import { ecdsaDer } from "tremula/assembly/crypto/der";
import { coordinateLength } from "tremula/assembly/crypto/ec-curve";
import { Curve, EcPublicKey } from "tremula/assembly/crypto/ecdsa";
import { ecSpki } from "tremula/assembly/crypto/spki";
import { Mode, Verifier } from "../config/mode";
import { Algorithm, algorithmOfCurve, hashOf, KeyFamily } from "./algorithm";
import { usesHost, verifyInHost } from "./host-verification";
import { withoutZeros } from "./jwk";
import { Key, KeyLabel } from "./key";

/** A key for the one of ES* that is its curve's. */
@final
export class EcKey extends Key {
  private readonly spki: Bytes;

  private constructor(
    label: KeyLabel,
    readonly curve: Curve,
    x: Bytes,
    y: Bytes,
    private readonly own: EcPublicKey,
    private readonly mode: Mode,
    private readonly verifier: Verifier,
  ) {
    super(KeyFamily.EC, label);
    this.spki = ecSpki(curve, x, y);
  }

  /**
   * The key of a point, null when it is not on the curve.
   *
   * @param x of `coordinateLength` octets
   * @param y likewise
   */
  static from(
    label: KeyLabel,
    curve: Curve,
    x: Bytes,
    y: Bytes,
    mode: Mode,
    verifier: Verifier,
  ): EcKey | null {
    const own = EcPublicKey.from(curve, x, y);
    return own !== null ? new EcKey(label, curve, x, y, own, mode, verifier) : null;
  }

  fits(algorithm: Algorithm): bool {
    return algorithm == algorithmOfCurve(this.curve) && (!this.isRestricted || this.alg == algorithm);
  }

  /** @param signature both numbers, each as long as a coordinate (RFC 7518 section 3.4); see `halves` for `Mode.Envoy` */
  verify(algorithm: Algorithm, signed: Bytes, signature: Bytes): bool {
    if (!this.fits(algorithm)) return false;
    const length = coordinateLength(this.curve);
    if (signature.length != 2 * length) {
      const numbers = this.mode == Mode.Envoy ? halves(signature, length) : null;
      return numbers !== null && this.verify(algorithm, signed, numbers);
    }
    const hash = hashOf(algorithm);
    // Our own code takes half of the host's time for P-256 and a fifth for P-384 and P-521 (RATIONALE.md).
    if (this.verifier == Verifier.Host && usesHost(this.verifier)) {
      const der = ecdsaDer(signature);
      if (der === null) return false;
      const check = verifyInHost(hash, this.spki, der, signed);
      if (check != SignatureCheck.Unavailable) return check == SignatureCheck.Valid;
    }
    return this.own.verify(hash, signed, signature);
  }

  isSameAs(other: Key): bool {
    return other instanceof EcKey && (<EcKey>other).spki.equals(this.spki);
  }
}

/**
 * A signature whose halves are numbers of another length, as the native filter reads any (jwt/verify.cc,
 * verifySignatureEC): zeros before them count for nothing, and neither does one octet too many at the end.
 *
 * @param length octets of a number
 * @returns numbers of that length; null when one is larger
 */
function halves(signature: Bytes, length: i32): Bytes | null {
  const middle = signature.length >> 1;
  const r = withoutZeros(signature.slice(0, middle));
  const s = withoutZeros(signature.slice(middle, 2 * middle));
  if (r.length > length || s.length > length) return null;
  return Bytes.allocate(length - r.length)
    .concat(r)
    .concat(Bytes.allocate(length - s.length))
    .concat(s);
}
