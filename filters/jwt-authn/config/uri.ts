// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

const SLASH: i32 = 0x2f;
const COLON: i32 = 0x3a;
const QUESTION: i32 = 0x3f;
const AT: i32 = 0x40;
const OPENING: i32 = 0x5b;
const CLOSING: i32 = 0x5d;

/** What a request for an absolute URI puts into `:authority` and `:path`. */
@final
export class Uri {
  private constructor(
    readonly authority: Bytes,
    readonly path: Bytes,
  ) {}

  /**
   * Splits a URI where the native filter does: the authority goes from `://` to the next `/`, with user and port, the path
   * from there to the end, with query and fragment. Null for what the native filter does not take either: without scheme
   * or host, with a host of other characters than letters, digits, `.`, `-` and those of an IPv6 address in brackets, a
   * port that is none, or anything but printable ASCII behind it. The scheme itself does not matter: the cluster decides
   * whether TLS is spoken.
   */
  static parse(text: Bytes): Uri | null {
    const start = schemeLength(text) + 3;
    if (start == 3 || !text.slice(start - 3).startsWith("://")) return null;
    let end = text.indexOfByte(SLASH, start);
    if (end < 0) end = text.length;
    for (let i = end; i < text.length; i++) if (<u32>(text.at(i) - 0x21) > 0x7e - 0x21) return null;
    const authority = text.slice(start, end);
    if (!isAuthority(authority)) return null;
    return new Uri(authority, end < text.length ? text.slice(end) : Bytes.of("/"));
  }
}

function schemeLength(text: Bytes): i32 {
  if (!isLetter(text.at(0))) return 0;
  let length = 1;
  while (isLetter(text.at(length)) || isDigit(text.at(length)) || isOneOf(text.at(length), "+-.")) length++;
  return length;
}

/** Whether this is `[user@]host[:port]`, and perhaps a query, which the native filter leaves here where there is no path. */
function isAuthority(text: Bytes): bool {
  let end = text.indexOfByte(QUESTION);
  for (let i = max(end, 0); end >= 0 && i < text.length; i++) {
    if (<u32>(text.at(i) - 0x21) > 0x7e - 0x21) return false;
  }
  if (end < 0) end = text.length;
  const user = text.indexOfByte(AT);
  let at = 0;
  if (user >= 0 && user < end) {
    for (; at < user; at++) if (!isUserCharacter(text.at(at))) return false;
    at++;
  }
  const host = at;
  if (text.at(at) == OPENING) {
    for (at++; isHexDigit(text.at(at)) || isOneOf(text.at(at), ":.");) at++;
    if (text.at(at) != CLOSING || at == host + 1) return false;
    at++;
  } else {
    while (isLetter(text.at(at)) || isDigit(text.at(at)) || isOneOf(text.at(at), ".-")) at++;
  }
  if (at == host) return false;
  return at >= end || (text.at(at) == COLON && isPort(text.slice(at + 1, end)));
}

function isPort(text: Bytes): bool {
  let port = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.at(i))) return false;
    port = port * 10 + text.at(i) - 0x30;
    if (port > 65535) return false;
  }
  return text.length > 0;
}

function isUserCharacter(octet: i32): bool {
  return isLetter(octet) || isDigit(octet) || isOneOf(octet, "-_.!~*'()%;:&=+$,");
}

function isLetter(octet: i32): bool {
  return <u32>((octet | 0x20) - 0x61) < 26;
}

function isDigit(octet: i32): bool {
  return <u32>(octet - 0x30) < 10;
}

function isHexDigit(octet: i32): bool {
  return isDigit(octet) || <u32>((octet | 0x20) - 0x61) < 6;
}

function isOneOf(octet: i32, octets: string): bool {
  return octet >= 0 && Bytes.of(octets).indexOfByte(octet) >= 0;
}
