// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Bytes } from "../text/bytes";
import { DoubleRange } from "./range";
import { StringMatcher } from "./string";

// @ts-ignore: decorator
// prettier-ignore
@lazy
const PATTERNS: StaticArray<string> = [
  "null_match", "double_match", "string_match", "bool_match", "present_match", "list_match", "or_match",
];
// @ts-ignore: decorator
@lazy
const DOUBLES: StaticArray<string> = ["range", "exact"];

/** What a matched value is: one of google.protobuf.Value's kinds. */
export enum ValueKind {
  /** There is no value. */
  Absent,
  Null,
  Number,
  String,
  Bool,
  List,
  Struct,
}

/** A value as matchers see it: whoever has metadata, claims or attributes says how to look into them. */
export abstract class MatchedValue {
  abstract get kind(): ValueKind;
  abstract get number(): f64;
  abstract get bool(): bool;
  abstract get string(): Bytes;
  /** Elements of a list. */
  abstract get count(): i32;
  abstract at(index: i32): MatchedValue;
}

const enum Pattern {
  Null,
  Double,
  String,
  Bool,
  Present,
  List,
  Or,
}

/** An `envoy.type.matcher.v3.ValueMatcher`. */
@final
export class ValueMatcher {
  private strings: StringMatcher = StringMatcher.NEVER;
  private range: DoubleRange | null = null;
  private exact: f64 = 0;
  private wanted: bool = false;
  /** The matchers of `or_match`, or the one of `list_match`. */
  private readonly inner: Array<ValueMatcher> = [];

  private constructor(private readonly pattern: Pattern) {}

  /** Reads the message: as deep as its document may be, which the reader limits. */
  static read(message: JsonObject): ValueMatcher {
    const pattern = <Pattern>message.oneOf(PATTERNS);
    const matcher = new ValueMatcher(pattern);
    switch (pattern) {
      case Pattern.Null:
        message.object("null_match");
        break;
      case Pattern.Double:
        matcher.readDouble(message.object("double_match"));
        break;
      case Pattern.String:
        matcher.strings = StringMatcher.read(message.object("string_match"));
        break;
      case Pattern.Bool:
        matcher.wanted = message.bool("bool_match");
        break;
      case Pattern.Present:
        matcher.wanted = message.bool("present_match");
        break;
      case Pattern.List:
      case Pattern.Or:
        matcher.readInner(message);
        break;
      default:
        break;
    }
    return matcher;
  }

  matches(value: MatchedValue): bool {
    switch (this.pattern) {
      case Pattern.Null:
        return value.kind == ValueKind.Null;
      case Pattern.Double: {
        if (value.kind != ValueKind.Number) return false;
        const range = this.range;
        return range !== null ? range.contains(value.number) : value.number == this.exact;
      }
      case Pattern.String:
        return value.kind == ValueKind.String && this.strings.matches(value.string);
      case Pattern.Bool:
        return value.kind == ValueKind.Bool && value.bool == this.wanted;
      case Pattern.Present:
        // `false` matches nothing, not what is absent (measured on 1.40.0; invert the matcher for that).
        return this.wanted && value.kind != ValueKind.Absent;
      case Pattern.List:
        return value.kind == ValueKind.List && this.matchesElement(value);
      case Pattern.Or:
        return this.matchesAny(value);
      default:
        return false;
    }
  }

  private matchesElement(list: MatchedValue): bool {
    for (let i = 0; i < list.count; i++) if (this.matchesAny(list.at(i))) return true;
    return false;
  }

  private matchesAny(value: MatchedValue): bool {
    for (let i = 0; i < this.inner.length; i++) if (unchecked(this.inner[i]).matches(value)) return true;
    return false;
  }

  private readDouble(message: JsonObject): void {
    const form = message.oneOf(DOUBLES);
    if (form == 0) this.range = DoubleRange.read(message.object("range"));
    else if (form == 1) this.exact = message.f64("exact");
  }

  private readInner(message: JsonObject): void {
    if (this.pattern == Pattern.List) {
      this.inner.push(ValueMatcher.read(message.object("list_match").object("one_of")));
      return;
    }
    const or = message.object("or_match");
    const matchers = or.array("value_matchers");
    if (matchers.length < 2) or.refuse("value_matchers", "must have two matchers or more");
    for (let i = 0; i < matchers.length; i++) this.inner.push(ValueMatcher.read(matchers.object(i)));
  }
}
