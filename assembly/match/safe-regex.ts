// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Regex } from "../regex/regex";

/**
 * Reads an `envoy.type.matcher.v3.RegexMatcher`; null when it is wrong, which is an error that says where. `google_re2` is
 * taken as it is: its `max_program_size` is a limit of Envoy's engine.
 */
export function readRegex(message: JsonObject): Regex | null {
  const engine = message.objectOrNull("google_re2");
  if (engine !== null) engine.u32Or("max_program_size", 0);
  const pattern = message.string("regex");
  if (pattern.isEmpty) {
    message.refuse("regex", "must not be empty");
    return null;
  }
  const regex = Regex.compile(pattern);
  if (regex === null) {
    message.refuse("regex", `must not have ${Regex.problem}, at ${Regex.problemOffset} of the expression`);
  }
  return regex;
}
