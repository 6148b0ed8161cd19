// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Regex } from "../regex/regex";
import { Bytes } from "../text/bytes";
import { pathLengthAt } from "./path";
import { TemplateParser } from "./template-parser";

// @ts-ignore: decorator
@lazy
const TYPE: string = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

/**
 * A path template of `envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig`: `*` is the octets of one segment,
 * one or more; `**` any number of them and of slashes, and comes last among such; `{name}` is `*`, `{name=a/**}` what it
 * says. What goes through `*` and `**` are letters, digits and `-._~%!$&'()*+,;:@=`, so a path with other octets matches no
 * template. Trailing slashes count.
 *
 * As in Envoy 1.40.0, a `*` between other octets of a segment repeats the octet before it: `/a*` is `/`, `/a` and
 * `/aa`. Envoy accepts some such templates and matches no path with them, such as `/a**`: these are refused here.
 */
@final
export class UriTemplate {
  /** Why the last `compile` answered null. */
  static problem: string = "";

  /** Null: no path matches. */
  private constructor(private readonly regex: Regex | null) {}

  /** Reads a template of 1 to 256 octets; null when it is not one. */
  static compile<T>(template: T): UriTemplate | null {
    const parser = new TemplateParser(Bytes.of<T>(template));
    const regex = parser.parse() ? Regex.compile(parser.regex) : null;
    if (regex !== null) return new UriTemplate(regex);
    UriTemplate.problem = parser.problem.length > 0 ? parser.problem : "must not have * behind *";
    return null;
  }

  /** Reads the message. */
  static read(message: JsonObject): UriTemplate {
    const template = UriTemplate.compile(message.string("path_template"));
    if (template !== null) return template;
    message.refuse("path_template", UriTemplate.problem);
    return new UriTemplate(null);
  }

  /**
   * Reads the `TypedExtensionConfig` that holds the message, as the `path_match_policy` of a route or the `uri_template` of a
   * permission: Envoy has no other kind.
   */
  static readExtension(message: JsonObject): UriTemplate {
    message.stringOr("name", "");
    const config = message.object("typed_config");
    if (!config.string("@type").equals(TYPE)) config.refuse("@type", `must be ${TYPE}`);
    return UriTemplate.read(config);
  }

  /** @param path with or without its query, which does not count */
  matches(path: Bytes): bool {
    return this.matchesAt(path.ptr, path.length);
  }

  matchesAt(ptr: usize, length: i32): bool {
    const regex = this.regex;
    return regex !== null && regex.matchesAt(ptr, pathLengthAt(ptr, length));
  }
}
