// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "../json/object";
import { Regex } from "../regex/regex";
import { Bytes } from "../text/bytes";
import { HeaderMatcher } from "./header";
import { HeaderTable } from "./header-table";
import { pathLengthAt } from "./path";
import { QueryParameterMatcher } from "./query";
import { readRegex } from "./safe-regex";
import { StringMatcher } from "./string";
import { UriTemplate } from "./uri-template";

// @ts-ignore: decorator
// prettier-ignore
@lazy
const PATHS: StaticArray<string> = [
  "prefix", "path", "safe_regex", "path_separated_prefix", "connect_matcher", "path_match_policy",
];
const enum Path {
  Prefix,
  Exact,
  Regex,
  SeparatedPrefix,
  Connect,
  Template,
}

/** Conditions of the router's own. */
// @ts-ignore: decorator
@lazy
const IGNORED: StaticArray<string> = ["grpc", "tls_context", "runtime_fraction"];
// @ts-ignore: decorator
@lazy
const IGNORED_LISTS: StaticArray<string> = ["dynamic_metadata", "filter_state", "cookies"];
// @ts-ignore: decorator
@lazy
const IGNORED_BECAUSE: string =
  "must not be used here: Envoy's jwt_authn ignores it, so the rule would match more than it says";

// @ts-ignore: decorator
@lazy
const METHOD: string = ":method";
// @ts-ignore: decorator
@lazy
const PATH: string = ":path";
const SLASH: u8 = 0x2f;

/**
 * An `envoy.config.route.v3.RouteMatch`, as the rules of Envoy's jwt_authn use it (measured on 1.40.0): paths are matched
 * without query and fragment and as they are otherwise, nothing is decoded or normalized; all headers and query
 * parameters must match too. Without `:path`, as in a CONNECT request, the path is an empty one to `prefix` and `path`,
 * and matches nothing else.
 */
@final
export class RouteMatch {
  private strings: StringMatcher = StringMatcher.NEVER;
  private regex: Regex | null = null;
  private template: UriTemplate | null = null;
  /** Size of the prefix behind which a path may go on with a slash only, or 0. */
  private separatedAfter: i32 = 0;
  private readonly headers: Array<HeaderMatcher> = [];
  private readonly parameters: Array<QueryParameterMatcher> = [];

  private constructor(private readonly kind: Path) {}

  /**
   * Reads the message. What jwt_authn accepts and ignores is an error: `grpc`, `tls_context`, `runtime_fraction`,
   * `dynamic_metadata`, `filter_state` and `cookies`.
   */
  static read(message: JsonObject): RouteMatch {
    const kind = <Path>message.oneOf(PATHS);
    const route = new RouteMatch(kind);
    const ignoresCase = !message.boolOr("case_sensitive", true);
    route.readPath(message, ignoresCase);
    const headers = message.arrayOrEmpty("headers");
    for (let i = 0; i < headers.length; i++) route.headers.push(HeaderMatcher.read(headers.object(i)));
    const parameters = message.arrayOrEmpty("query_parameters");
    for (let i = 0; i < parameters.length; i++) {
      route.parameters.push(QueryParameterMatcher.read(parameters.object(i)));
    }
    for (let i = 0; i < IGNORED.length; i++) {
      if (message.has(unchecked(IGNORED[i]))) message.refuse(unchecked(IGNORED[i]), IGNORED_BECAUSE);
    }
    for (let i = 0; i < IGNORED_LISTS.length; i++) {
      const name = unchecked(IGNORED_LISTS[i]);
      if (message.arrayOrEmpty(name).length > 0) message.refuse(name, IGNORED_BECAUSE);
    }
    return route;
  }

  /** Whether a request matches. */
  matches(request: HeaderTable): bool {
    const index = request.find(Bytes.of(PATH));
    const path = request.valuePtr(index);
    const length = request.valueLength(index);
    if (!this.matchesPath(request, index >= 0, path, pathLengthAt(path, length))) return false;
    for (let i = 0; i < this.headers.length; i++) {
      if (!unchecked(this.headers[i]).matches(request)) return false;
    }
    for (let i = 0; i < this.parameters.length; i++) {
      if (!unchecked(this.parameters[i]).matchesAt(path, length)) return false;
    }
    return true;
  }

  private matchesPath(request: HeaderTable, hasPath: bool, path: usize, length: i32): bool {
    switch (this.kind) {
      case Path.Prefix:
      case Path.Exact:
        return this.strings.matchesAt(path, length);
      case Path.SeparatedPrefix: {
        if (!this.strings.matchesAt(path, length)) return false;
        const size = this.separatedAfter;
        return length == size || load<u8>(path + <usize>size) == SLASH;
      }
      case Path.Regex: {
        const regex = this.regex;
        return hasPath && regex !== null && regex.matchesAt(path, length);
      }
      case Path.Template: {
        const template = this.template;
        return hasPath && template !== null && template.matchesAt(path, length);
      }
      case Path.Connect:
        return isConnect(request);
      default:
        return false;
    }
  }

  private readPath(message: JsonObject, ignoresCase: bool): void {
    switch (this.kind) {
      case Path.Prefix:
        this.strings = StringMatcher.prefix(message.string("prefix"), ignoresCase);
        break;
      case Path.Exact:
        this.strings = StringMatcher.exact(message.string("path"), ignoresCase);
        break;
      case Path.Regex:
        // As in Envoy, `case_sensitive` is not for expressions.
        this.regex = readRegex(message.object("safe_regex"));
        break;
      case Path.SeparatedPrefix: {
        const prefix = message.string("path_separated_prefix");
        if (!isSeparable(prefix)) {
          message.refuse(
            "path_separated_prefix",
            "must have two octets or more, no ? or #, and no / at its end",
          );
        }
        this.strings = StringMatcher.prefix(prefix, ignoresCase);
        this.separatedAfter = prefix.length;
        break;
      }
      case Path.Connect:
        message.object("connect_matcher");
        break;
      case Path.Template:
        this.template = UriTemplate.readExtension(message.object("path_match_policy"));
        break;
      default:
        break;
    }
  }
}

function isSeparable(prefix: Bytes): bool {
  return (
    prefix.length >= 2 &&
    pathLengthAt(prefix.ptr, prefix.length) == prefix.length &&
    prefix.at(prefix.length - 1) != SLASH
  );
}

function isConnect(request: HeaderTable): bool {
  const index = request.find(Bytes.of(METHOD));
  return index >= 0 && request.value(index).equals("CONNECT");
}
