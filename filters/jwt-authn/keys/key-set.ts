// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonDocument, JsonEntry, JsonKind, logWarn } from "tremula/assembly";
import { Mode, Verifier } from "../config/mode";
import { Algorithm, FAMILIES, KeyFamily } from "./algorithm";
import { Jwk } from "./jwk";
import { Key } from "./key";
import { isCertificateMap, readCertificates } from "./read-certificates";
import { intendedFamily, readKey } from "./read-key";
import { Refusal } from "./refusal";

/** Levels of JSON that the native filter takes. */
const DEEPEST: i32 = 100;
const LARGEST: i32 = 4_194_304;
/** A token without key id is tried with every key that fits it. */
const MOST_KEYS: i32 = 256;

const NO_JSON: string = "Jwks is an invalid JSON";
const NO_KEYS: string = "Jwks does not have [keys] field";
const NO_ARRAY: string = "[keys] in Jwks is not an array";
const NO_VALID_KEY: string = "Jwks doesn't have any valid public key";
const TOO_MANY: string = "Jwks has more than 256 keys";

/** The keys of a provider: a JSON Web Key Set (RFC 7517 section 5), or certificates by key id. */
@final
export class KeySet {
  /** Those that can be used, in the order of the document. */
  readonly keys: Key[] = new Array<Key>();
  /** Those that cannot. */
  readonly refusals: Refusal[] = new Array<Refusal>();
  /**
   * Why there are no keys, in the native filter's words where it has some: that of the first key that cannot be used, when
   * all that is wrong is the keys. Empty when there are keys.
   */
  problem: string = "";

  /** What `select` found last. */
  private readonly selected: Key[] = new Array<Key>();

  private constructor() {}

  /**
   * Reads a document of whatever octets. One of more than 4 MiB or 256 keys has none.
   *
   * In `Mode.Strict` these cannot be used: keys for something else than verifying (`use`, `key_ops`), private keys, RSA keys
   * of less than 2,048 bits or with the fingerprint of CVE-2017-15361, secrets shorter than the digest, secrets in a set
   * with public keys (which are for everybody to read), different keys of one key id, and what is not written as the RFCs
   * say.
   */
  static parse(document: Bytes, mode: Mode, verifier: Verifier): KeySet {
    const set = new KeySet();
    const json = new JsonDocument(DEEPEST, LARGEST);
    if (!json.read(document)) set.problem = NO_JSON;
    else if (json.kind(json.root) != JsonKind.Object) {
      // For protobuf, which the native filter reads JSON with, this is an object of no fields.
      set.problem = json.kind(json.root) == JsonKind.Null ? NO_KEYS : NO_JSON;
    } else {
      const list = json.member(json.root, "keys");
      if (list != 0) set.readList(json, list, mode, verifier);
      else if (isCertificateMap(json)) set.readCertificates(json, mode, verifier);
      else set.problem = NO_KEYS;
    }
    if (mode == Mode.Strict) {
      set.refuseSecretsBesidePublicKeys();
      set.refuseSharedKids();
    }
    if (set.keys.length > 0) set.problem = "";
    else if (set.problem.length == 0) {
      set.problem = set.refusals.length > 0 ? set.refusals[0].reason : NO_VALID_KEY;
    }
    return set;
  }

  /**
   * The keys that may have signed a token, in the order of the document: by key id, family, curve and `alg`. The array is
   * used again by the next call.
   *
   * @param kid of the token; null or empty when it has none
   */
  select(kid: Bytes | null, algorithm: Algorithm): Key[] {
    const selected = this.selected;
    selected.length = 0;
    for (let i = 0; i < this.keys.length; i++) {
      const key = unchecked(this.keys[i]);
      if (key.hasKid(kid) && key.fits(algorithm)) selected.push(key);
    }
    return selected;
  }

  /**
   * Whether the native filter would find a key to try, if one that cannot have signed the token: when `select` finds none,
   * its text is "Jwt verification fails" then, and "Jwks doesn't have key to match kid or alg from Jwt" otherwise.
   */
  names(kid: Bytes | null, algorithm: Algorithm): bool {
    for (let i = 0; i < this.keys.length; i++)
      if (unchecked(this.keys[i]).isNamedBy(kid, algorithm)) return true;
    return false;
  }

  /** Logs a warning for each key that cannot be used. */
  logRefusals(provider: Bytes): void {
    for (let i = 0; i < this.refusals.length; i++) {
      logWarn(Bytes.of("provider ").concat(provider).concat(": ").concat(this.refusals[i].toString()));
    }
  }

  private readCertificates(json: JsonDocument, mode: Mode, verifier: Verifier): void {
    this.problem = readCertificates(json, mode, verifier, this.keys, this.refusals);
    if (this.problem.length > 0) this.keys.length = 0;
  }

  private readList(json: JsonDocument, list: JsonEntry, mode: Mode, verifier: Verifier): void {
    if (json.kind(list) != JsonKind.Array) this.problem = NO_ARRAY;
    else if (json.count(list) > MOST_KEYS) this.problem = TOO_MANY;
    else {
      let index = 0;
      for (let item = json.first(list); item != 0; item = json.next(list, item), index++) {
        // The native filter has no words for these.
        if (json.kind(item) != JsonKind.Object) continue;
        const jwk = new Jwk(json, item, mode, verifier);
        const key = readKey(jwk);
        if (key !== null) this.keys.push(key);
        else this.refusals.push(new Refusal(index, jwk.text("kid"), jwk.problem, intendedFamily(jwk)));
      }
    }
  }

  /** What stands in a public document is no secret. */
  private refuseSecretsBesidePublicKeys(): void {
    let secrets = 0;
    for (let i = 0; i < this.keys.length; i++) if (this.keys[i].family == KeyFamily.Oct) secrets++;
    if (secrets == 0 || secrets == this.keys.length) return;
    for (let i = this.keys.length - 1; i >= 0; i--) {
      if (this.keys[i].family == KeyFamily.Oct) this.remove(i, "a secret beside public keys");
    }
  }

  /**
   * A key id must say which key is meant, once the algorithm is known. The same key twice is no contradiction, nor are keys
   * for different algorithms (RFC 7517 section 4.5); a malformed key of the same family is one.
   */
  private refuseSharedKids(): void {
    const keys = this.keys;
    const isContested = new StaticArray<bool>(keys.length);
    for (let i = 0; i < keys.length; i++) {
      for (let j = i + 1; j < keys.length; j++) {
        if (!contradict(keys[i], keys[j])) continue;
        isContested[i] = true;
        isContested[j] = true;
      }
      for (let j = 0; j < this.refusals.length; j++) {
        if (contradictsRefused(keys[i], this.refusals[j])) isContested[i] = true;
      }
    }
    for (let i = keys.length - 1; i >= 0; i--) {
      if (isContested[i]) this.remove(i, "another key has the same kid");
    }
  }

  private remove(index: i32, reason: string): void {
    const kid = this.keys[index].kid;
    this.refusals.push(new Refusal(-1, kid !== null ? kid : Bytes.EMPTY, reason));
    this.keys.splice(index, 1);
  }
}

function contradict(key: Key, other: Key): bool {
  const kid = key.kid;
  const kidOfOther = other.kid;
  if (kid === null || kidOfOther === null || !kid.equals(kidOfOther) || key.isSameAs(other)) return false;
  for (let algorithm = 0; algorithm < Algorithm.Unsupported; algorithm++) {
    if (key.fits(<Algorithm>algorithm) && other.fits(<Algorithm>algorithm)) return true;
  }
  return false;
}

function contradictsRefused(key: Key, refused: Refusal): bool {
  const kid = key.kid;
  return kid !== null && refused.kid.equals(kid) && refused.family.equals(FAMILIES[key.family]);
}
