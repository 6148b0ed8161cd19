// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Mode } from "../config/mode";

const COMMA: i32 = 0x2c;

/**
 * The token in a header's value.
 *
 * Strict: the value begins with the prefix (which is compared with case, as natively), and all that follows is the token,
 * but for blanks around it. A prefix behind a comma is that of a second value, which Envoy has joined to the first
 * (`Basic x,Bearer …`): the value as a whole is then the token, so that the request fails rather than pass as one without.
 *
 * Envoy: the prefix is anywhere, and what follows begins at the first octet that could be of a token
 * (source/extensions/filters/http/jwt_authn/extractor.cc, extractJWT).
 *
 * @returns null when there is none
 */
export function tokenAfterPrefix(value: Bytes, prefix: Bytes, mode: Mode): Bytes | null {
  if (prefix.isEmpty) return mode == Mode.Strict ? value.trim() : value;
  const at = value.indexOf(prefix);
  if (at < 0) return null;
  if (mode == Mode.Strict) {
    if (at == 0) return value.slice(prefix.length).trim();
    for (let next = at; next >= 0; next = value.indexOf(prefix, next + 1)) {
      if (startsElement(value, next)) return value;
    }
    return null;
  }
  for (let i = at + prefix.length; i < value.length; i++) {
    if (isTokenOctet(value.at(i))) return value.slice(i);
  }
  return value;
}

/** Whether only blanks are between a comma and `at`. */
function startsElement(value: Bytes, at: i32): bool {
  do at--;
  while (value.at(at) == 0x20 || value.at(at) == 0x09);
  return value.at(at) == COMMA;
}

/** Letters, digits, `-` and `_`; not the dots between the sections. */
function isTokenOctet(octet: i32): bool {
  const letter = octet | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet == 0x2d || octet == 0x5f
  );
}
