// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { digestLength } from "tremula/assembly/crypto/hash";
import { Algorithm, familyOf, hashOf, KeyFamily } from "./algorithm";
import { Ed25519Key } from "./ed25519-key";
import { Jwk } from "./jwk";
import { Key, KeyLabel } from "./key";
import { SecretKey } from "./secret-key";

const BAD_X: string = "Jwks OKP [x] field is an invalid Base64.";
const BAD_K: string = "Jwks Oct key is an invalid Base64";
const X_LENGTH: i32 = 32;

/** Makes a key of an octet key pair: Ed25519 (RFC 8037 section 2). */
export function readEd25519(jwk: Jwk, label: KeyLabel, alg: Bytes): Key | null {
  if (!alg.isEmpty && label.alg != Algorithm.EdDSA) jwk.refuse("[alg] is not [EdDSA] for an OKP key");
  const crv = jwk.needText(
    "crv",
    "[crv] field is missing for an OKP key",
    "[crv] field is not string for an OKP key",
  );
  if (!crv.equals("Ed25519")) jwk.refuse("[crv] field is not supported for an OKP key");
  const x = jwk.needText(
    "x",
    "[x] field is missing for an OKP key",
    "[x] field is not string for an OKP key",
  );
  const octets = jwk.octets(x, BAD_X);
  if (octets.length != X_LENGTH) jwk.refuse("Jwks OKP [x] field is wrong length.");
  if (!jwk.isFine) return null;
  const key = new Ed25519Key(label, octets);
  if (jwk.isStrict && !key.isPoint) jwk.refuse("x is no point that a signer can have");
  return key;
}

/** Makes a secret (RFC 7518 section 6.4). */
export function readSecret(jwk: Jwk, label: KeyLabel, alg: Bytes): Key | null {
  if (!alg.isEmpty && familyOf(label.alg) != KeyFamily.Oct) {
    jwk.refuse("[alg] does not start with [HS] for an HMAC key");
  }
  const k = jwk.needText(
    "k",
    "[k] field is missing for an HMAC key",
    "[k] field is not string for an HMAC key",
  );
  const secret = jwk.octets(k, BAD_K);
  if (secret.isEmpty) jwk.refuse(BAD_K);
  const least = digestLength(hashOf(label.isRestricted ? label.alg : Algorithm.HS256));
  if (jwk.isStrict && secret.length < least) jwk.refuse("a secret shorter than the digest");
  return jwk.isFine ? new SecretKey(label, secret, jwk.mode) : null;
}
