// SPDX-License-Identifier: Apache-2.0
import { Bytes, SignatureCheck, verifySignature } from "tremula/assembly";
import { HashFunction } from "tremula/assembly/crypto/hash";
import { Verifier } from "../config/mode";

/** Whether the host has been found to have no `verify_signature`: known once for all keys of the VM. */
let isMissing = false;

/** Whether RS* and ES* are to be verified in the host. */
export function usesHost(verifier: Verifier): bool {
  return verifier != Verifier.Own && !isMissing;
}

/**
 * Verifies in the host: PKCS #1 v1.5 or ECDSA.
 *
 * @param spki the key as SubjectPublicKeyInfo
 * @param signature for ECDSA as DER
 */
export function verifyInHost(
  hash: HashFunction,
  spki: Bytes,
  signature: Bytes,
  signed: Bytes,
): SignatureCheck {
  const check = verifySignature(nameOf(hash), spki, signature, signed);
  // The host says so for arguments without a key or a signature too, which these never are.
  if (check == SignatureCheck.Unavailable) isMissing = true;
  return check;
}

function nameOf(hash: HashFunction): string {
  return hash == HashFunction.Sha256 ? "sha256" : hash == HashFunction.Sha384 ? "sha384" : "sha512";
}
