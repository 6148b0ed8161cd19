// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, encodeBase64, JsonDocument, JsonEntry, JsonKind } from "tremula/assembly";
import { Mode } from "../config/mode";
import { writeFixed } from "./fixed";

/** 2^64 as a double. */
const TOO_LARGE: f64 = 18446744073709551616.0;

// @ts-ignore: decorator
@lazy
const writer = new ByteWriter(256);

/**
 * What a claim is in a header: strings, numbers and booleans as text, lists and objects as the base64 of their JSON. An
 * empty string, null, and a claim that is not there are no header (source/extensions/filters/http/jwt_authn/
 * authenticator.cc, addJWTClaimToHeader).
 *
 * Native goes by doubles: an integer beyond 2^53 comes out as another one, and everything but a whole positive number
 * with six decimals. Strict mode writes numbers as the token has them.
 */
export function claimText(claims: JsonDocument, path: Array<Bytes>, mode: Mode): Bytes | null {
  const entry = find(claims, path);
  if (claims.kind(entry) < JsonKind.Array) return scalarText(claims, entry, mode);
  claims.write(entry, writer.clear());
  return encodeBase64(writer.view());
}

/** What a claim is in filter state: the same, but that lists and objects are JSON as it is. */
export function claimState(claims: JsonDocument, path: Array<Bytes>, mode: Mode): Bytes | null {
  const entry = find(claims, path);
  if (claims.kind(entry) < JsonKind.Array) return scalarText(claims, entry, mode);
  claims.write(entry, writer.clear());
  return writer.toBytes();
}

function find(claims: JsonDocument, path: Array<Bytes>): JsonEntry {
  let entry: JsonEntry = claims.root;
  for (let i = 0; i < path.length; i++) {
    if (claims.kind(entry) != JsonKind.Object) return 0;
    entry = claims.member(entry, unchecked(path[i]));
  }
  return entry;
}

function scalarText(claims: JsonDocument, entry: JsonEntry, mode: Mode): Bytes | null {
  switch (claims.kind(entry)) {
    case JsonKind.String: {
      const text = claims.string(entry);
      return text.isEmpty ? null : text.copy();
    }
    case JsonKind.Bool:
      return claims.bool(entry) ? Bytes.of("true") : Bytes.of("false");
    case JsonKind.Number:
      return mode == Mode.Strict ? claims.literal(entry).copy() : nativeNumber(claims.f64(entry));
    default:
      return null;
  }
}

function nativeNumber(value: f64): Bytes {
  writer.clear();
  if (value >= 0 && value < TOO_LARGE && value == Math.floor(value)) writer.writeUint(<u64>value);
  else writeFixed(writer, value);
  return writer.toBytes();
}
