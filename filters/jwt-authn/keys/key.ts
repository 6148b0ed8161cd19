// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Algorithm, familyOf, KeyFamily } from "./algorithm";

/** What a JSON Web Key says about itself (RFC 7517 section 4), whatever its kind. */
@final
export class KeyLabel {
  constructor(
    /** Null when it has none, or an empty one, which tokens cannot ask for. */
    readonly kid: Bytes | null,
    /** The only algorithm that it is for, when `isRestricted`; `Unsupported` fits no token. */
    readonly alg: Algorithm,
    /** Whether it names an algorithm. */
    readonly isRestricted: bool,
  ) {}
}

/** A key that verifies signatures. */
export abstract class Key {
  readonly kid: Bytes | null;
  readonly alg: Algorithm;
  readonly isRestricted: bool;

  constructor(
    readonly family: KeyFamily,
    label: KeyLabel,
  ) {
    this.kid = label.kid;
    this.alg = label.alg;
    this.isRestricted = label.isRestricted;
  }

  /** Whether it may verify signatures by this algorithm: the family is the algorithm's, and `alg` does not forbid it. */
  fits(algorithm: Algorithm): bool {
    return familyOf(algorithm) == this.family && (!this.isRestricted || this.alg == algorithm);
  }

  /**
   * Whether `signature` is of `signed` by this key.
   *
   * @param algorithm one that `fits`; false for others
   * @param signature as in a token, decoded
   */
  abstract verify(algorithm: Algorithm, signed: Bytes, signature: Bytes): bool;

  /** Whether the key material is the same, however the key is labelled. */
  abstract isSameAs(other: Key): bool;

  /** Whether the native filter would try this key: by key id and `alg` alone, not by what kind of key it is. */
  isNamedBy(kid: Bytes | null, algorithm: Algorithm): bool {
    return this.hasKid(kid) && (!this.isRestricted || this.alg == algorithm);
  }

  /** Whether a token with this key id may be of this key; one of both without is as good (RFC 7515 section 4.1.4). */
  hasKid(kid: Bytes | null): bool {
    const own = this.kid;
    return own === null || kid === null || kid.isEmpty || own.equals(kid);
  }
}
