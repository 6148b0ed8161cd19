// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Mode } from "../config/mode";

const SEMICOLON: i32 = 0x3b;
const EQUALS: i32 = 0x3d;
const QUOTE: i32 = 0x22;
const SPACE: i32 = 0x20;
const TAB: i32 = 0x09;

/**
 * Walks the cookies of one `Cookie` header as Envoy does (source/common/http/utility.cc, forEachCookie). In strict mode a tab in
 * front of a name is as good as a space, as to many servers, so that no token is behind one.
 */
@final
export class Cookies {
  private start: i32 = 0;
  name: Bytes = Bytes.EMPTY;
  value: Bytes = Bytes.EMPTY;

  constructor(
    private readonly header: Bytes,
    private readonly mode: Mode,
  ) {}

  /** Steps to the next cookie; what has no `=` is none. */
  next(): bool {
    const header = this.header;
    while (this.start < header.length) {
      const semicolon = header.indexOfByte(SEMICOLON, this.start);
      const end = semicolon >= 0 ? semicolon : header.length;
      const first = this.skipBlanks(this.start, end);
      const equals = header.indexOfByte(EQUALS, first);
      this.start = end + 1;
      if (equals < 0 || equals >= end) continue;
      this.name = header.slice(first, equals);
      this.value = unquoted(header.slice(equals + 1, end));
      return true;
    }
    return false;
  }

  private skipBlanks(from: i32, end: i32): i32 {
    const other = this.mode == Mode.Strict ? TAB : SPACE;
    for (; from < end; from++) {
      const octet = this.header.at(from);
      if (octet != SPACE && octet != other) break;
    }
    return from;
  }
}

/** A value in double quotes without them (RFC 6265 section 4.1.1). */
function unquoted(value: Bytes): Bytes {
  const last = value.length - 1;
  return last > 0 && value.at(0) == QUOTE && value.at(last) == QUOTE ? value.slice(1, last) : value;
}
