// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, Regex, StringMatcher } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { Hint, HintKind } from "../policy/hint";
import { LiteralPrefix } from "./literal-prefix";
import { LiteralRun } from "./literal-run";

/** In the order of `envoy.type.matcher.v3.StringMatcher`. */
export enum PatternKind {
  Exact,
  Prefix,
  Suffix,
  Regex,
  Contains,
}

/** A string matcher that can say what it looks for: the SDK's does the matching. */
@final
export class TextPattern {
  private constructor(
    readonly kind: PatternKind,
    readonly ignoreCase: bool,
    private readonly matcher: StringMatcher,
    /** A regular expression, as it is written; null for the others. */
    private readonly expression: Bytes | null,
  ) {}

  static exact(text: Bytes, ignoreCase: bool = false): TextPattern {
    return new TextPattern(PatternKind.Exact, ignoreCase, StringMatcher.exact(text, ignoreCase), null);
  }

  static prefix(text: Bytes, ignoreCase: bool = false): TextPattern {
    return new TextPattern(PatternKind.Prefix, ignoreCase, StringMatcher.prefix(text, ignoreCase), null);
  }

  static suffix(text: Bytes, ignoreCase: bool = false): TextPattern {
    return new TextPattern(PatternKind.Suffix, ignoreCase, StringMatcher.suffix(text, ignoreCase), null);
  }

  static contains(text: Bytes, ignoreCase: bool = false): TextPattern {
    return new TextPattern(PatternKind.Contains, ignoreCase, StringMatcher.contains(text, ignoreCase), null);
  }

  /** @param regex what `text` compiles to; null matches nothing */
  static regex(text: Bytes, regex: Regex | null): TextPattern {
    return new TextPattern(PatternKind.Regex, false, StringMatcher.ofRegex(regex), text.copy());
  }

  /** In lower case where the case does not matter; of a regular expression, as it is written. */
  get text(): Bytes {
    const expression = this.expression;
    return expression !== null ? expression : this.matcher._text;
  }

  matchesAt(ptr: usize, length: i32): bool {
    return this.matcher.matchesAt(ptr, length);
  }

  matches(value: Bytes): bool {
    return this.matcher.matches(value);
  }

  /** Whether it is written as the other is. */
  equals(other: TextPattern): bool {
    return this.kind == other.kind && this.ignoreCase == other.ignoreCase && this.text.equals(other.text);
  }

  /** Writes what makes it this pattern and no other. */
  writeKey(to: ByteWriter): void {
    to.writeByte(<u8>this.kind)
      .writeByte(u8(this.ignoreCase))
      .writeLE<i32>(this.text.length)
      .write(this.text);
  }

  /** What some value of the attribute must be for this to match it; null when that cannot be looked up. */
  hint(attribute: Attribute): Hint | null {
    switch (this.kind) {
      case PatternKind.Exact:
        return Hint.ofText(attribute, HintKind.Exact, this.text, this.ignoreCase);
      case PatternKind.Prefix:
        return Hint.ofText(attribute, HintKind.Prefix, this.text, this.ignoreCase);
      case PatternKind.Suffix:
        return Hint.ofText(attribute, HintKind.Suffix, this.text, this.ignoreCase);
      case PatternKind.Regex: {
        const prefix = new LiteralPrefix(this.text);
        if (prefix.isWhole) return Hint.ofText(attribute, HintKind.Exact, prefix.text, false);
        const run = new LiteralRun(this.text);
        if (run.text.length > tellingLength(prefix.text)) {
          return Hint.ofText(attribute, run.isEnd ? HintKind.Suffix : HintKind.Contains, run.text, false);
        }
        return prefix.text.isEmpty ? null : Hint.ofText(attribute, HintKind.Prefix, prefix.text, false);
      }
      default:
        if (this.text.isEmpty) return null;
        return Hint.ofText(attribute, HintKind.Contains, this.text, this.ignoreCase);
    }
  }

  /** In words, for explanations: `prefix "/admin"`. */
  describe(to: ByteWriter): void {
    if (this.kind == PatternKind.Exact) to.write("exact");
    else if (this.kind == PatternKind.Prefix) to.write("prefix");
    else if (this.kind == PatternKind.Suffix) to.write("suffix");
    else if (this.kind == PatternKind.Regex) to.write("safe_regex");
    else to.write("contains");
    to.write(' "').write(this.text).write('"');
    if (this.ignoreCase) to.write(" ignoring case");
  }
}

/** How much of a prefix tells values apart: all principals of a mesh begin with `spiffe://`. */
function tellingLength(prefix: Bytes): i32 {
  const scheme = prefix.indexOf("://");
  return scheme < 0 ? prefix.length : prefix.length - scheme - 3;
}
