// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonArray, JsonObject } from "tremula/assembly";
import { readWrittenHeaderName } from "./header-name";
import { Mode } from "./mode";

const DOT: i32 = 0x2e;

/** A claim of verified tokens that goes to the upstream in a request header. */
@final
export class ClaimToHeader {
  private constructor(
    /** In lower case. */
    readonly header: Bytes,
    /** Names from the payload's members down to the claim; at least one. */
    readonly path: Bytes[],
  ) {}

  static readAll(list: JsonArray, mode: Mode): ClaimToHeader[] {
    const claims = new Array<ClaimToHeader>();
    for (let i = 0; i < list.length; i++) claims.push(ClaimToHeader.read(list.object(i), mode));
    return claims;
  }

  private static read(object: JsonObject, mode: Mode): ClaimToHeader {
    const header = readWrittenHeaderName(object, "header_name", mode);
    if (header.isEmpty) object.refuse("header_name", "must not be empty");
    return new ClaimToHeader(header, readClaimPath(object));
  }
}

/** Reads `claim_name` or `claim_path`: the names from the payload's members down to a claim. */
export function readClaimPath(object: JsonObject): Bytes[] {
  const name = object.stringOr("claim_name", Bytes.EMPTY);
  const segments = object.arrayOrEmpty("claim_path");
  const path = name.isEmpty ? new Array<Bytes>() : splitAtDots(name);
  if (name.isEmpty == (segments.length == 0)) {
    object.refuse("claim_name", "exactly one of claim_name and claim_path is needed");
  }
  for (let i = 0; i < segments.length; i++) {
    const segment = segments.object(i);
    const key = segment.string("key");
    if (key.isEmpty) segment.refuse("key", "must not be empty");
    path.push(key);
  }
  return path;
}

/** As the native filter: `a.b` is the member `b` of `a`, and what is empty between dots is a name too. */
function splitAtDots(name: Bytes): Bytes[] {
  const names = new Array<Bytes>();
  let start = 0;
  for (let dot = name.indexOfByte(DOT); dot >= 0; dot = name.indexOfByte(DOT, start)) {
    names.push(name.slice(start, dot));
    start = dot + 1;
  }
  names.push(name.slice(start));
  return names;
}
