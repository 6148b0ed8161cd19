import fc from "fast-check";

/** Envoy's StringMatcher, as JSON. */
export type StringMatcher = Readonly<Record<string, unknown>>;

/** What the filters compare with, few enough that requests often come near. */
export const PATHS = [
  "/",
  "/a",
  "/a/",
  "/a/b",
  "/a/b/c",
  "/A/b",
  "/admin",
  "/admin/users",
  "/api/v1/users",
  "/api/v1/users/7",
  "/api/v2/users",
  "/a%2fb",
  "/a//b",
  "/x;y=1",
  "/%61dmin",
] as const;

export const HOSTS = [
  "a.example",
  "b.example",
  "A.example",
  "api.a.example",
  "a.example:8080",
  "[::1]:80",
] as const;

const REGEXES = [
  ".+",
  ".*",
  "/a.*",
  "/a/[^/]+",
  ".*users.*",
  "/api/v[0-9]+/users(/[0-9]+)?",
  "(/a|/admin)(/.*)?",
  "[a-z]+\\.example",
  "(?i)ADMIN|/ADMIN",
  "(admin|user)",
  "r{1,3}w?",
] as const;

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A matcher that has to do with one of these texts. */
export function stringMatcher(literals: readonly string[]): fc.Arbitrary<StringMatcher> {
  return fc
    .record({
      literal: fc.constantFrom(...literals),
      kind: fc.constantFrom(
        "exact",
        "exact",
        "exact",
        "prefix",
        "prefix",
        "suffix",
        "contains",
        "regex",
        "literalRegex",
      ),
      cut: fc.nat(4),
      regex: fc.constantFrom(...REGEXES),
      ignoreCase: fc.constantFrom(false, false, false, true),
    })
    .map(({ literal, kind, cut, regex, ignoreCase }) => {
      // No part of nothing is something, which they have to be.
      if (literal === "" && kind !== "regex") return { exact: "" };
      const shorter = literal.length - Math.min(cut, literal.length - 1);
      const folded = ignoreCase && { ignore_case: true };
      switch (kind) {
        case "prefix":
          return { prefix: literal.slice(0, shorter), ...folded };
        case "suffix":
          return { suffix: literal.slice(-shorter), ...folded };
        case "contains":
          return {
            contains: literal.slice(Math.floor((literal.length - shorter) / 2)).slice(0, shorter),
            ...folded,
          };
        case "regex":
          return { safe_regex: { regex } };
        case "literalRegex":
          return { safe_regex: { regex: `${escaped(literal.slice(0, shorter))}.*` } };
        case "exact":
          return { exact: literal, ...folded };
      }
    });
}

/** A text that the matcher holds for. */
export function exampleOf(matcher: StringMatcher): string {
  const {
    exact,
    prefix,
    suffix,
    contains,
    safe_regex: pattern,
  } = matcher as Record<string, string | undefined> & {
    safe_regex?: { readonly regex: string };
  };
  if (pattern !== undefined) return exampleOfRegex(pattern.regex);
  if (prefix !== undefined) return `${prefix}x`;
  if (suffix !== undefined) return `x${suffix}`;
  if (contains !== undefined) return `x${contains}y`;
  return exact ?? "";
}

/** Good enough for the expressions that are generated here and by Istio. */
export function exampleOfRegex(regex: string): string {
  return regex
    .replace(/^\(\?i\)/, "")
    .replace(/\(([^()|]*)\|[^()]*\)/g, "$1")
    .replace(/^([^|\\]+)\|.*$/, "$1")
    .replace(/\((\/[^()]*)\)\?/g, "$1")
    .replace(/(?<!\\)\[[^\]]*[a-z][^\]]*(?<!\\)\]/g, "q")
    .replace(/(?<!\\)\[(?:0-9|\^\/)(?<!\\)\]/g, "7")
    .replace(/(?<!\\)\.[*+]/g, "x")
    .replace(/(?<!\\)\{[0-9,]*\}/g, "")
    .replace(/(?<!\\)[?+]/g, "")
    .replace(/\\(.)/g, "$1");
}
