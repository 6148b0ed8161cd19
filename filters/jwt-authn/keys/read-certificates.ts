// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonDocument, JsonKind } from "tremula/assembly";
import { Mode, Verifier } from "../config/mode";
import { Algorithm } from "./algorithm";
import { publicKeyOf, rsaNumbersOf } from "./certificate";
import { withoutZeros } from "./jwk";
import { Key, KeyLabel } from "./key";
import { rsaProblem } from "./read-rsa";
import { Refusal } from "./refusal";
import { RsaKey } from "./rsa-key";

const BEGIN: string = "-----BEGIN CERTIFICATE-----\n";
const END: string = "\n-----END CERTIFICATE-----\n";

const BAD_CERTIFICATE: string = "X509 parse pubkey fails";
const BAD_KEY: string = "X509 parse pubkey internal fails: get pubkey";

/**
 * Whether a document that has no `keys` is an object of certificates by key id, as Google publishes them for its robot
 * accounts. The native filter takes that for RSA, and only with exactly these line ends.
 */
export function isCertificateMap(json: JsonDocument): bool {
  const root = json.root;
  for (let member = json.first(root); member != 0; member = json.next(root, member)) {
    if (json.kind(member) != JsonKind.String || json.name(member).isEmpty) return false;
    const text = json.string(member);
    if (text.length < BEGIN.length + END.length || !text.startsWith(BEGIN) || !text.endsWith(END))
      return false;
  }
  return json.first(root) != 0;
}

/** Reads such a document. Returns what is wrong with it, or nothing: one bad certificate spoils all. */
export function readCertificates(
  json: JsonDocument,
  mode: Mode,
  verifier: Verifier,
  keys: Key[],
  refusals: Refusal[],
): string {
  const root = json.root;
  let index = 0;
  for (let member = json.first(root); member != 0; member = json.next(root, member), index++) {
    const kid = json.name(member).copy();
    const publicKey = publicKeyOf(firstOf(json.string(member)));
    if (publicKey === null) return BAD_CERTIFICATE;
    const numbers = rsaNumbersOf(publicKey);
    if (numbers === null) return BAD_KEY;
    const n = withoutZeros(numbers.n);
    const e = withoutZeros(numbers.e);
    if (rsaProblem(n, e, Mode.Envoy).length > 0) return BAD_KEY;
    const problem = rsaProblem(n, e, mode);
    if (problem.length > 0) refusals.push(new Refusal(index, kid, problem));
    else keys.push(new RsaKey(new KeyLabel(kid, Algorithm.Unsupported, false), n, e, verifier));
  }
  return "";
}

/** What the first certificate of a text has between its two lines. */
function firstOf(text: Bytes): Bytes {
  return text.slice(BEGIN.length, text.indexOf(END, BEGIN.length - 1));
}
