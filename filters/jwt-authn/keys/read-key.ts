// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Algorithm, algorithmOf } from "./algorithm";
import { Jwk } from "./jwk";
import { Key, KeyLabel } from "./key";
import { readEc } from "./read-ec";
import { readEd25519, readSecret } from "./read-octets";
import { readRsa } from "./read-rsa";

/** Makes the key of a JSON Web Key; null when it cannot be used, and `jwk.problem` says why. */
export function readKey(jwk: Jwk): Key | null {
  const kty = jwk.needText("kty", "[kty] is missing in [keys]", "[kty] is bad in [keys]");
  const alg = jwk.text("alg");
  const label = labelOf(jwk, alg);
  let key: Key | null = null;
  if (!jwk.isFine) return null;
  if (kty.equals("RSA")) key = readRsa(jwk, label, alg);
  else if (kty.equals("EC")) key = readEc(jwk, label, alg);
  else if (kty.equals("OKP")) key = readEd25519(jwk, label, alg);
  else if (kty.equals("oct")) key = readSecret(jwk, label, alg);
  else jwk.refuse("[kty] is not supported in [keys]");
  if (jwk.isFine && jwk.isStrict) checkPurpose(jwk, label);
  return jwk.isFine ? key : null;
}

/** The family of a key that is meant for verifying, whether it can be used or not; empty for others. */
export function intendedFamily(jwk: Jwk): Bytes {
  return hasUse(jwk) && hasOperation(jwk) ? jwk.text("kty") : Bytes.EMPTY;
}

function hasUse(jwk: Jwk): bool {
  return !jwk.has("use") || jwk.text("use").equals("sig");
}

function hasOperation(jwk: Jwk): bool {
  return !jwk.has("key_ops") || jwk.lists("key_ops", "verify");
}

/** A `kid` or `alg` that is no string is as good as none to the native filter. */
function labelOf(jwk: Jwk, alg: Bytes): KeyLabel {
  const kid = jwk.text("kid");
  return new KeyLabel(kid.isEmpty ? null : kid, algorithmOf(alg), !alg.isEmpty);
}

/** What the native filter does not look at (RFC 7517 sections 4.2 and 4.3, RFC 7518 section 6). */
function checkPurpose(jwk: Jwk, label: KeyLabel): void {
  if (jwk.isNoString("kid")) jwk.refuse("kid is no string");
  if (jwk.isNoString("alg")) jwk.refuse("alg is no string");
  if (label.isRestricted && label.alg == Algorithm.Unsupported) jwk.refuse("alg is not supported");
  if (!hasUse(jwk)) jwk.refuse('use is not "sig"');
  if (!hasOperation(jwk)) jwk.refuse('key_ops has no "verify"');
  // Whoever can read the key set can sign by such a key.
  if (jwk.has("d") || jwk.has("p") || jwk.has("q")) jwk.refuse("it is a private key");
}
