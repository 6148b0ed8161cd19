// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Mode } from "../config/mode";
import { Jwk, withoutZeros } from "./jwk";
import { Key, KeyLabel } from "./key";
import { hasRocaFingerprint } from "./roca";
import { RsaKey } from "./rsa-key";

const BAD_ALG: string = "[alg] is not started with [RS] or [PS] for an RSA key";
const BAD_NUMBER: string = "Jwks RSA [n] or [e] field is missing or has a parse error";

/** What the native filter takes. */
const LEAST_BITS: i32 = 512;
const MOST_BITS: i32 = 16384;
/** RFC 7518 section 3.3; and as much as the module can do by itself. */
const LEAST_STRICT_BITS: i32 = 2048;
const MOST_STRICT_BITS: i32 = 8192;

/** Makes an RSA key (RFC 7518 section 6.3.1). */
export function readRsa(jwk: Jwk, label: KeyLabel, alg: Bytes): Key | null {
  if (!alg.isEmpty && !alg.startsWith("RS") && !alg.startsWith("PS")) jwk.refuse(BAD_ALG);
  const n = jwk.needText("n", "[n] field is missing for a RSA key", "[n] field is not string for a RSA key");
  const e = jwk.needText("e", "[e] field is missing for a RSA key", "[e] field is not string for a RSA key");
  // A zero at the beginning, which the RFC forbids, is what signed integers are written with, and means nothing.
  const modulus = withoutZeros(jwk.octets(n, BAD_NUMBER));
  const exponent = withoutZeros(jwk.octets(e, BAD_NUMBER));
  if (jwk.isFine) jwk.refuse(rsaProblem(modulus, exponent, jwk.mode));
  return jwk.isFine ? new RsaKey(label, modulus, exponent, jwk.verifier) : null;
}

/** What is wrong with an RSA key, or nothing. Both numbers are without leading zeros. */
export function rsaProblem(modulus: Bytes, exponent: Bytes, mode: Mode): string {
  const isOdd = (modulus.at(modulus.length - 1) & 1) == 1;
  const bits = 8 * modulus.length - (<i32>clz<u32>(modulus.at(0)) - 24);
  if (modulus.isEmpty || !isOdd || bits < LEAST_BITS || bits > MOST_BITS) return BAD_NUMBER;
  // BoringSSL takes no others (measured on 1.40.0).
  if (!isThree(exponent) && !isFermat(exponent)) return BAD_NUMBER;
  if (mode == Mode.Envoy) return "";
  if (bits < LEAST_STRICT_BITS) return "an RSA key of less than 2048 bits";
  if (bits > MOST_STRICT_BITS) return "an RSA key of more than 8192 bits";
  return hasRocaFingerprint(modulus) ? "a weak RSA key (CVE-2017-15361)" : "";
}

function isThree(exponent: Bytes): bool {
  return exponent.length == 1 && exponent.at(0) == 3;
}

function isFermat(exponent: Bytes): bool {
  return exponent.length == 3 && exponent.at(0) == 1 && exponent.at(1) == 0 && exponent.at(2) == 1;
}
