// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Curve } from "tremula/assembly/crypto/ecdsa";
import { HashFunction } from "tremula/assembly/crypto/hash";

/** Signature algorithms (RFC 7518 section 3.1, RFC 8037 section 3.1), in the order of `NAMES`. */
export enum Algorithm {
  RS256,
  RS384,
  RS512,
  PS256,
  PS384,
  PS512,
  ES256,
  ES384,
  ES512,
  EdDSA,
  HS256,
  HS384,
  HS512,
  /** Any other, `none` among them. */
  Unsupported,
}

/** Kinds of keys: values of `kty` (RFC 7518 section 6.1, RFC 8037 section 2). */
export enum KeyFamily {
  RSA,
  EC,
  OKP,
  Oct,
  Unsupported,
}

const NAMES: StaticArray<string> = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "HS256",
  "HS384",
  "HS512",
];

/** Values of `kty`, in the order of `KeyFamily`. */
export const FAMILIES: StaticArray<string> = ["RSA", "EC", "OKP", "oct"];

/** The algorithm of a name, which is case-sensitive (RFC 7515 section 4.1.1). */
export function algorithmOf(name: Bytes): Algorithm {
  for (let i = 0; i < NAMES.length; i++) if (name.equals(unchecked(NAMES[i]))) return <Algorithm>i;
  return Algorithm.Unsupported;
}

/** The keys that an algorithm takes. */
export function familyOf(algorithm: Algorithm): KeyFamily {
  if (algorithm <= Algorithm.PS512) return KeyFamily.RSA;
  if (algorithm <= Algorithm.ES512) return KeyFamily.EC;
  if (algorithm == Algorithm.EdDSA) return KeyFamily.OKP;
  return algorithm <= Algorithm.HS512 ? KeyFamily.Oct : KeyFamily.Unsupported;
}

/** The hash function of an algorithm; that of `EdDSA` is its own affair. */
export function hashOf(algorithm: Algorithm): HashFunction {
  switch (algorithm) {
    case Algorithm.RS384:
    case Algorithm.PS384:
    case Algorithm.ES384:
    case Algorithm.HS384:
      return HashFunction.Sha384;
    case Algorithm.RS512:
    case Algorithm.PS512:
    case Algorithm.ES512:
    case Algorithm.HS512:
      return HashFunction.Sha512;
    default:
      return HashFunction.Sha256;
  }
}

/** The algorithm that keys of a curve are for: each has its own (RFC 7518 section 3.4). */
export function algorithmOfCurve(curve: Curve): Algorithm {
  return curve == Curve.P256 ? Algorithm.ES256 : curve == Curve.P384 ? Algorithm.ES384 : Algorithm.ES512;
}
