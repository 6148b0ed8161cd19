// SPDX-License-Identifier: Apache-2.0
import { ProtobufReader } from "../protobuf/reader";
import { ProtobufWriter } from "../protobuf/writer";
import { Bytes } from "../text/bytes";
import { callForeignFunction } from "./foreign";

// Messages of source/extensions/common/wasm/ext/{verify_signature,sign}.proto in Envoy.

const HASH: i32 = 1;
const VERIFY_KEY_DER: i32 = 2;
const VERIFY_SIGNATURE: i32 = 3;
const VERIFY_TEXT: i32 = 4;
const VERIFY_KEY_PEM: i32 = 5;
const SIGN_KEY_DER: i32 = 2;
const SIGN_TEXT: i32 = 3;
const SIGN_KEY_PEM: i32 = 4;

/** What became of a signature. */
export enum SignatureCheck {
  Valid,
  /**
   * The signature is not of this text, by this key, with this hash function; or the host knows no such hash function, or
   * cannot read the key, which Envoy does not tell apart from the first.
   */
  Invalid,
  /** The host did not try: it has no such function, or there is no key. */
  Unavailable,
}

/**
 * Verifies a signature natively, in BoringSSL.
 *
 * @param hash of the text: "sha1", "sha224", "sha256", "sha384" or "sha512"
 * @param publicKey as SubjectPublicKeyInfo, not PKCS #1; in DER, or in PEM (newer Envoys) if it begins with `-----BEGIN`
 * @param signature RSASSA-PKCS1-v1_5, not PSS; or ECDSA as a DER sequence, not as the two numbers that a JWT has
 */
export function verifySignature<H, K, S, T>(hash: H, publicKey: K, signature: S, text: T): SignatureCheck {
  const key = Bytes.of<K>(publicKey);
  const args = new ProtobufWriter(key.length + 512)
    .bytes(HASH, hash)
    .bytes(isPem(key) ? VERIFY_KEY_PEM : VERIFY_KEY_DER, key)
    .bytes(VERIFY_SIGNATURE, signature)
    .bytes(VERIFY_TEXT, text);
  const answer = callForeignFunction("verify_signature", args.view());
  if (answer === null) return SignatureCheck.Unavailable;
  const result = new ProtobufReader(answer);
  while (result.next()) if (result.field == 1 && result.bool) return SignatureCheck.Valid;
  return SignatureCheck.Invalid;
}

/**
 * Signs a text natively, in newer Envoys.
 *
 * @param privateKey as PKCS #8, in DER, or in PEM if it begins with `-----BEGIN`
 * @returns the signature, as `verifySignature` takes it; null when the host cannot
 */
export function sign<H, K, T>(hash: H, privateKey: K, text: T): Bytes | null {
  const key = Bytes.of<K>(privateKey);
  const args = new ProtobufWriter(key.length + 512)
    .bytes(HASH, hash)
    .bytes(isPem(key) ? SIGN_KEY_PEM : SIGN_KEY_DER, key)
    .bytes(SIGN_TEXT, text);
  const answer = callForeignFunction("sign", args.view());
  if (answer === null) return null;
  let signed = false;
  let signature: Bytes | null = null;
  const result = new ProtobufReader(answer);
  while (result.next()) {
    if (result.field == 1) signed = result.bool;
    else if (result.field == 2) signature = result.bytes;
  }
  return signed ? signature : null;
}


@inline
function isPem(key: Bytes): bool {
  return key.startsWith("-----BEGIN");
}
