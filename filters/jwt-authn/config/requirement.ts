// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { readAudiences } from "./audience";
import { readWrittenHeaderName } from "./header-name";
import { Mode } from "./mode";
import { Names } from "./names";

/** Envoy itself takes about as many levels in YAML; more would be a stack that a configuration can exhaust. */
const DEEPEST: i32 = 32;

const KINDS: StaticArray<string> = [
  "provider_name",
  "provider_and_audiences",
  "requires_any",
  "requires_all",
  "allow_missing_or_failed",
  "allow_missing",
  "extract_only_without_validation",
];

/** What a requirement asks for; in the order of `KINDS`. */
export enum RequirementKind {
  /** A good token of one provider. */
  ProviderName,
  /** The same with audiences of its own. */
  ProviderAndAudiences,
  /** One of `children`. */
  Any,
  /** Each of `children`. */
  All,
  /** Nothing: tokens are verified, and a bad one is as good as none. */
  AllowMissingOrFailed,
  /** A good token, or none. */
  AllowMissing,
  /** Nothing: tokens are not verified, and their claims used all the same. */
  ExtractOnly,
  /** Nothing at all; what `{}` stands for, in the native filter too. */
  None,
}

/** A condition on the tokens of a request: a tree of few levels. */
@final
export class Requirement {
  private constructor(
    readonly kind: RequirementKind,
    /** Index of the provider; -1 when the kind has none. */
    readonly provider: i32,
    /** What to take in place of the provider's audiences, each as `normaliseAudience` makes it; null for the provider's. */
    readonly audiences: Bytes[] | null,
    readonly children: Requirement[],
    /** For `ExtractOnly`: request header that says whether the token is good, in lower case. */
    readonly statusHeader: Bytes,
  ) {}

  /** Adds the status headers of this requirement and of those below it, each once. */
  addStatusHeaders(names: Bytes[]): void {
    const own = this.statusHeader;
    let isKnown = own.isEmpty;
    for (let i = 0; i < names.length && !isKnown; i++) isKnown = names[i].equals(own);
    if (!isKnown) names.push(own);
    for (let i = 0; i < this.children.length; i++) this.children[i].addStatusHeaders(names);
  }

  /**
   * @param providers whose indexes `provider` gives
   * @param outermost the requirement that this one is part of
   */
  static read(
    object: JsonObject,
    providers: Names,
    mode: Mode,
    outermost: JsonObject = object,
    depth: i32 = 0,
  ): Requirement {
    let provider = -1;
    let audiences: Bytes[] | null = null;
    let statusHeader = Bytes.EMPTY;
    const children = new Array<Requirement>();
    const which = object.oneOfOrNone(KINDS);
    const kind = which >= 0 ? <RequirementKind>which : RequirementKind.None;
    if (kind == RequirementKind.ProviderName) provider = readProvider(object, providers);
    else if (kind == RequirementKind.ProviderAndAudiences) {
      const both = object.object("provider_and_audiences");
      provider = readProvider(both, providers);
      const own = readAudiences(both.arrayOrEmpty("audiences"));
      // The native filter takes the provider's then (measured on 1.40.0).
      if (own.length > 0) audiences = own;
    } else if (kind == RequirementKind.Any || kind == RequirementKind.All) {
      const list = object.object(KINDS[which]).arrayOrEmpty("requirements");
      if (list.length < 2) object.object(KINDS[which]).refuse("requirements", "needs two or more");
      // The path of this very object would be too long for a log.
      else if (depth >= DEEPEST) outermost.refuseAll("is nested more than 32 levels deep");
      else {
        for (let i = 0; i < list.length; i++) {
          children.push(Requirement.read(list.object(i), providers, mode, outermost, depth + 1));
        }
      }
    } else if (kind == RequirementKind.ExtractOnly) {
      const options = object.object(KINDS[which]);
      statusHeader = readWrittenHeaderName(options, "verification_status_header", mode);
      if (statusHeader.isEmpty) statusHeader = Bytes.of("x-jwt-signature-verified");
    } else if (which >= 0) object.object(KINDS[which]);
    return new Requirement(kind, provider, audiences, children, statusHeader);
  }
}

/** `provider_name` of either message that has it: the index of the provider. */
function readProvider(object: JsonObject, providers: Names): i32 {
  const name = object.stringOr("provider_name", Bytes.EMPTY);
  const index = providers.indexOf(name);
  if (index < 0) object.refuse("provider_name", Bytes.of('there is no provider "').concat(name).concat('"'));
  return index;
}
