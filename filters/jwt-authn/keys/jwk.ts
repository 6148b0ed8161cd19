// SPDX-License-Identifier: Apache-2.0
import { Bytes, decodeBase64Url, JsonDocument, JsonEntry, JsonKind } from "tremula/assembly";
import { Mode, Verifier } from "../config/mode";

/** A JSON Web Key while it is read. */
@final
export class Jwk {
  /**
   * Why it cannot be used; empty while nothing is wrong. Where the native filter refuses the key too it is the native
   * filter's text, which ends up as that of the whole set when there is no other key.
   */
  problem: string = "";

  constructor(
    private readonly document: JsonDocument,
    private readonly entry: JsonEntry,
    readonly mode: Mode,
    readonly verifier: Verifier,
  ) {}

  get isStrict(): bool {
    return this.mode == Mode.Strict;
  }

  get isFine(): bool {
    return this.problem.length == 0;
  }

  /** Notes why the key cannot be used; the first reason stays, and an empty one is none. */
  refuse(problem: string): void {
    if (this.isFine) this.problem = problem;
  }

  has(name: string): bool {
    return this.document.member(this.entry, name) != 0;
  }

  /** Whether there is such a member and it is something else than a string. */
  isNoString(name: string): bool {
    const member = this.document.member(this.entry, name);
    return member != 0 && this.document.kind(member) != JsonKind.String;
  }

  /** A string member; empty when it is none. */
  text(name: string): Bytes {
    const member = this.document.member(this.entry, name);
    return this.document.kind(member) == JsonKind.String ? this.document.string(member).copy() : Bytes.EMPTY;
  }

  /** A string member that must be there. */
  needText(name: string, missing: string, bad: string): Bytes {
    if (!this.has(name)) this.refuse(missing);
    else if (this.isNoString(name)) this.refuse(bad);
    return this.text(name);
  }

  /** Whether a member is an array with this string in it. */
  lists(name: string, text: string): bool {
    const document = this.document;
    const member = document.member(this.entry, name);
    if (document.kind(member) != JsonKind.Array) return false;
    for (let item = document.first(member); item != 0; item = document.next(member, item)) {
      if (document.equals(item, text)) return true;
    }
    return false;
  }

  /**
   * The octets that a base64url text stands for; empty, with `bad` as the problem, when it is none. In `Mode.Envoy` white
   * space, padding and bits to spare are as good as in the native filter.
   */
  octets(text: Bytes, bad: string): Bytes {
    const octets = decodeBase64Url(text, this.mode == Mode.Envoy);
    if (octets !== null) return octets;
    this.refuse(bad);
    return Bytes.EMPTY;
  }
}

/** A number in network order without the zeros before it. */
export function withoutZeros(number: Bytes): Bytes {
  let start = 0;
  while (number.at(start) == 0) start++;
  return number.slice(start);
}
