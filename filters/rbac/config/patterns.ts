// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject, Regex } from "tremula/assembly";
import { TextPattern } from "../conditions/text-pattern";

// @ts-ignore: decorator
@lazy
const PATTERNS: StaticArray<string> = ["exact", "prefix", "suffix", "safe_regex", "contains", "custom"];

/** Matches nothing: what wrong messages are read as. */
function nothing(): TextPattern {
  return TextPattern.regex(Bytes.EMPTY, null);
}

/** Reads an `envoy.type.matcher.v3.StringMatcher`, as the SDK's `StringMatcher.read` does. */
export function readPattern(message: JsonObject): TextPattern {
  const form = message.oneOf(PATTERNS);
  const ignoreCase = message.boolOr("ignore_case", false);
  if (form < 0) return nothing();
  const name = unchecked(PATTERNS[form]);
  if (form == 5) {
    message.refuse(name, "must not be used: a Wasm module cannot call extensions of Envoy");
    return nothing();
  }
  if (form == 3) {
    if (ignoreCase) message.refuse("ignore_case", "must not be used with safe_regex; write (?i)");
    return readRegex(message.object(name));
  }
  const text = message.string(name);
  if (form > 0 && text.isEmpty) message.refuse(name, "must not be empty");
  if (form == 0) return TextPattern.exact(text, ignoreCase);
  if (form == 1) return TextPattern.prefix(text, ignoreCase);
  return form == 2 ? TextPattern.suffix(text, ignoreCase) : TextPattern.contains(text, ignoreCase);
}

/** Reads an `envoy.type.matcher.v3.RegexMatcher`. */
export function readRegex(message: JsonObject): TextPattern {
  const engine = message.objectOrNull("google_re2");
  if (engine !== null) engine.u32Or("max_program_size", 0);
  const text = message.string("regex");
  if (text.isEmpty) {
    message.refuse("regex", "must not be empty");
    return nothing();
  }
  const regex = Regex.compile(text);
  if (regex === null) {
    message.refuse("regex", `must not have ${Regex.problem}, at ${Regex.problemOffset} of the expression`);
  }
  return TextPattern.regex(text, regex);
}
