// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Regex } from "../regex/regex";
import { Bytes } from "../text/bytes";
import { compareOctets } from "../text/octets";
import { readRegex } from "./safe-regex";
import { containsFolded, containsOctets, isSameFolded, lowerOctet } from "./text";

const enum Kind {
  Never,
  Exact,
  Prefix,
  Suffix,
  Contains,
  Regex,
}

// @ts-ignore: decorator
@lazy
const PATTERNS: StaticArray<string> = ["exact", "prefix", "suffix", "contains", "safe_regex", "custom"];

/**
 * An `envoy.type.matcher.v3.StringMatcher`. Octets are compared as they are; `ignore_case` makes ASCII letters of either
 * case the same and no others, as Envoy does.
 */
@final
export class StringMatcher {
  /** Matches no text: what `read` returns for a matcher that is wrong. */
  static readonly NEVER: StringMatcher = new StringMatcher(Kind.Never, Bytes.EMPTY, false, null);

  private constructor(
    private readonly kind: Kind,
    /** In lower case when the case is ignored. */
    private readonly text: Bytes,
    private readonly ignoresCase: bool,
    private readonly regex: Regex | null,
  ) {}

  /**
   * Reads the message. What Envoy refuses is an error: no pattern or several, an empty `prefix`, `suffix`, `contains` or
   * expression, and `ignore_case` with `safe_regex`; so is `custom`, which names code of Envoy's.
   */
  static read(message: JsonObject): StringMatcher {
    const index = message.oneOf(PATTERNS);
    const ignoresCase = message.boolOr("ignore_case", false);
    if (index < 0) return StringMatcher.NEVER;
    const name = unchecked(PATTERNS[index]);
    if (index == 5) {
      message.refuse(name, "must not be used: a Wasm module cannot call extensions of Envoy");
      return StringMatcher.NEVER;
    }
    if (index == 4) {
      if (ignoresCase) message.refuse("ignore_case", "must not be used with safe_regex; write (?i)");
      return StringMatcher.ofRegex(readRegex(message.object(name)));
    }
    const text = message.string(name);
    if (index > 0 && text.isEmpty) message.refuse(name, "must not be empty");
    return StringMatcher.ofText(index + 1, text, ignoresCase);
  }

  /** Matches this text and no other. */
  static exact<T>(text: T, ignoreCase: bool = false): StringMatcher {
    return StringMatcher.ofText(Kind.Exact, Bytes.of<T>(text), ignoreCase);
  }

  static prefix<T>(text: T, ignoreCase: bool = false): StringMatcher {
    return StringMatcher.ofText(Kind.Prefix, Bytes.of<T>(text), ignoreCase);
  }

  static suffix<T>(text: T, ignoreCase: bool = false): StringMatcher {
    return StringMatcher.ofText(Kind.Suffix, Bytes.of<T>(text), ignoreCase);
  }

  static contains<T>(text: T, ignoreCase: bool = false): StringMatcher {
    return StringMatcher.ofText(Kind.Contains, Bytes.of<T>(text), ignoreCase);
  }

  /** Matches what an expression matches as a whole; nothing for null. */
  static ofRegex(regex: Regex | null): StringMatcher {
    return regex !== null ? new StringMatcher(Kind.Regex, Bytes.EMPTY, false, regex) : StringMatcher.NEVER;
  }

  private static ofText(kind: Kind, text: Bytes, ignoresCase: bool): StringMatcher {
    // A copy: what was read is a view of the configuration.
    const kept = text.copy();
    if (ignoresCase) {
      for (let i: usize = 0; i < <usize>kept.length; i++) {
        store<u8>(kept.ptr + i, <u8>lowerOctet(load<u8>(kept.ptr + i)));
      }
    }
    return new StringMatcher(kind, kept, ignoresCase, null);
  }

  /** @internal What it looks for, in lower case when the case is ignored; empty for an expression. */
  get _text(): Bytes {
    return this.text;
  }

  matches(value: Bytes): bool {
    return this.matchesAt(value.ptr, value.length);
  }

  /** Whether it matches the `length` octets at `ptr`. */
  matchesAt(ptr: usize, length: i32): bool {
    const text = this.text.ptr;
    const size = this.text.length;
    switch (this.kind) {
      case Kind.Exact:
        return length == size && this.isSame(ptr);
      case Kind.Prefix:
        return length >= size && this.isSame(ptr);
      case Kind.Suffix:
        return length >= size && this.isSame(ptr + <usize>(length - size));
      case Kind.Contains:
        return this.ignoresCase
          ? containsFolded(ptr, length, text, size)
          : containsOctets(ptr, length, text, size);
      case Kind.Regex: {
        const regex = this.regex;
        return regex !== null && regex.matchesAt(ptr, length);
      }
      default:
        return false;
    }
  }

  /** Compares as many octets as the text has. */
  private isSame(ptr: usize): bool {
    const text = this.text.ptr;
    const size = this.text.length;
    return this.ignoresCase ? isSameFolded(ptr, text, size) : compareOctets(ptr, text, <usize>size) == 0;
  }
}

/** An `envoy.type.matcher.v3.ListStringMatcher`: matches what any of its matchers does. */
@final
export class ListStringMatcher {
  private readonly matchers: Array<StringMatcher> = [];

  private constructor() {}

  /** Reads the message; no matcher at all is an error. */
  static read(message: JsonObject): ListStringMatcher {
    const list = new ListStringMatcher();
    const patterns = message.array("patterns");
    for (let i = 0; i < patterns.length; i++) list.matchers.push(StringMatcher.read(patterns.object(i)));
    if (list.matchers.length == 0) message.refuse("patterns", "must not be empty");
    return list;
  }

  matches(value: Bytes): bool {
    for (let i = 0; i < this.matchers.length; i++)
      if (unchecked(this.matchers[i]).matches(value)) return true;
    return false;
  }
}
