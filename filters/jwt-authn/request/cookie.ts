// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

const SEMICOLON: i32 = 0x3b;
const EQUALS: i32 = 0x3d;
const QUOTE: i32 = 0x22;

/** Walks the cookies of one `Cookie` header as Envoy does (source/common/http/utility.cc, forEachCookie). */
@final
export class Cookies {
  private start: i32 = 0;
  name: Bytes = Bytes.EMPTY;
  value: Bytes = Bytes.EMPTY;

  constructor(private readonly header: Bytes) {}

  /** Steps to the next cookie; what has no `=` is none. */
  next(): bool {
    const header = this.header;
    while (this.start < header.length) {
      const semicolon = header.indexOfByte(SEMICOLON, this.start);
      const end = semicolon >= 0 ? semicolon : header.length;
      const first = this.skipSpaces(this.start, end);
      const equals = header.indexOfByte(EQUALS, first);
      this.start = end + 1;
      if (equals < 0 || equals >= end) continue;
      this.name = header.slice(first, equals);
      this.value = unquoted(header.slice(equals + 1, end));
      return true;
    }
    return false;
  }

  private skipSpaces(from: i32, end: i32): i32 {
    while (from < end && (this.header.at(from) == 0x20 || this.header.at(from) == 0x09)) from++;
    return from;
  }
}

/** A value in double quotes without them (RFC 6265 section 4.1.1). */
function unquoted(value: Bytes): Bytes {
  const last = value.length - 1;
  return last > 0 && value.at(0) == QUOTE && value.at(last) == QUOTE ? value.slice(1, last) : value;
}
