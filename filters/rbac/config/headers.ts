// SPDX-License-Identifier: Apache-2.0
import { Bytes, IntegerRange, JsonObject } from "tremula/assembly";
import { HeaderCondition, HeaderForm } from "../conditions/header-condition";
import { TextPattern } from "../conditions/text-pattern";
import { AttributeKind } from "../policy/attribute";
import { Expression } from "../policy/expression";
import { readPattern, readRegex } from "./patterns";
import { Scope } from "./scope";

// @ts-ignore: decorator
// prettier-ignore
@lazy
const FORMS: StaticArray<string> = [
  "exact_match", "prefix_match", "suffix_match", "contains_match", "safe_regex_match", "range_match", "present_match",
  "string_match",
];

/** Reads an `envoy.config.route.v3.HeaderMatcher`, in all its forms. */
export function readHeader(message: JsonObject, scope: Scope): Expression {
  const name = readHeaderName(message, "name");
  const form = new HeaderForm();
  form.isInverted = message.boolOr("invert_match", false);
  form.acceptsMissing = message.boolOr("treat_missing_header_as_empty", false);
  const index = message.oneOfOrNone(FORMS);
  if (index >= 0) readForm(message, index, form);
  // Envoy keeps no `host` besides `:authority`. What is no port may hide no host from a denial, nor let one in.
  const isHost = name.equals(":authority") || name.equals("host");
  const attribute =
    isHost && scope.options.stripPort
      ? scope.attribute(scope.isGranting == form.isInverted ? AttributeKind.RoutedHost : AttributeKind.Host)
      : scope.attribute(AttributeKind.Header, isHost ? Bytes.of(":authority") : name);
  return scope.leaf(HeaderCondition.of(attribute, form, scope.asksEvery(form.isInverted)));
}

function readForm(message: JsonObject, index: i32, form: HeaderForm): void {
  const name = unchecked(FORMS[index]);
  if (index == 4) form.pattern = readRegex(message.object(name));
  else if (index == 5) form.range = IntegerRange.read(message.object(name));
  else if (index == 6) form.wantsPresence = message.bool(name);
  else if (index == 7) form.pattern = readPattern(message.object(name));
  else form.pattern = readText(message, name, index);
}

/** The forms that `string_match` has replaced. */
function readText(message: JsonObject, name: string, index: i32): TextPattern {
  const text = message.string(name);
  // Envoy takes an empty `exact_match` as one that every value matches, unlike `string_match: {exact: ""}`.
  if (index == 0) return text.isEmpty ? TextPattern.prefix(text) : TextPattern.exact(text);
  if (text.isEmpty) message.refuse(name, "must not be empty");
  if (index == 1) return TextPattern.prefix(text);
  return index == 2 ? TextPattern.suffix(text) : TextPattern.contains(text);
}

/** A header's name in small letters. */
export function readHeaderName(message: JsonObject, field: string): Bytes {
  const name = message.string(field).copy();
  if (name.isEmpty) message.refuse(field, "must not be empty");
  for (let i: usize = 0; i < <usize>name.length; i++) {
    const octet = <u32>load<u8>(name.ptr + i);
    if (octet == 0 || octet == 0x0a || octet == 0x0d) {
      message.refuse(field, "must not have line breaks or zeros");
    }
    if (octet - 0x41 < 26) store<u8>(name.ptr + i, <u8>(octet | 0x20));
  }
  return name;
}
