// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Bytes } from "../text/bytes";
import { compareOctets } from "../text/octets";
import { StringMatcher } from "./string";

// @ts-ignore: decorator
@lazy
const FORMS: StaticArray<string> = ["string_match", "present_match"];
const MAX_NAME: i32 = 1024;

const AMPERSAND: u8 = 0x26;
const EQUALS: u8 = 0x3d;
const QUESTION_MARK: u8 = 0x3f;

/**
 * An `envoy.config.route.v3.QueryParameterMatcher`. As Envoy 1.40.0 does it: the query is all behind the first `?`; names and
 * values are compared as they are written, without decoding `%` or `+`; of a name that repeats the first value counts; a
 * parameter without `=` has an empty one.
 */
@final
export class QueryParameterMatcher {
  private strings: StringMatcher | null = null;
  private wantsPresence: bool = true;

  private constructor(private readonly name: Bytes) {}

  /** Reads the message. No form at all asks for the parameter to be there. */
  static read(message: JsonObject): QueryParameterMatcher {
    const name = message.string("name").copy();
    const matcher = new QueryParameterMatcher(name);
    if (name.isEmpty || name.length > MAX_NAME) message.refuse("name", "must have 1 to 1024 octets");
    const form = message.oneOfOrNone(FORMS);
    if (form == 0) matcher.strings = StringMatcher.read(message.object("string_match"));
    else if (form == 1) matcher.wantsPresence = message.bool("present_match");
    return matcher;
  }

  /** Whether the query of a path matches. */
  matches(path: Bytes): bool {
    return this.matchesAt(path.ptr, path.length);
  }

  /** Whether the query of the path of `length` octets at `ptr` matches. */
  matchesAt(ptr: usize, length: i32): bool {
    const end = ptr + <usize>length;
    let at = ptr;
    while (at < end && load<u8>(at) != QUESTION_MARK) at++;
    while (at < end) {
      const start = ++at;
      while (at < end && load<u8>(at) != AMPERSAND) at++;
      const equals = equalsIn(start, at);
      if (this.isName(start, equals)) {
        const value = min(equals + 1, at);
        const strings = this.strings;
        return strings !== null ? strings.matchesAt(value, <i32>(at - value)) : this.wantsPresence;
      }
    }
    return this.strings === null && !this.wantsPresence;
  }

  private isName(start: usize, end: usize): bool {
    const length = this.name.length;
    return <i32>(end - start) == length && compareOctets(start, this.name.ptr, <usize>length) == 0;
  }
}

/** Where a parameter's `=` is, or its end. */
function equalsIn(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != EQUALS) at++;
  return at;
}
