import type { HttpMatch, HttpRoute, StringMatch } from "../resources/index.js";

/** What a rule of a VirtualService matches, as far as two rules can be compared. */
export interface RouteMatch {
  readonly uri: StringMatch;
  readonly rule: number;
  /** Undefined for the rule without `match`, which takes everything. */
  readonly match: HttpMatch | undefined;
  readonly index: number;
}

const EVERYTHING: StringMatch = { prefix: "/" };

/** Every match of the rules, in the order in which Envoy tries them. */
export function matchesOf(rules: readonly HttpRoute[]): RouteMatch[] {
  return rules.flatMap(({ match = [] }, rule): RouteMatch[] =>
    match.length === 0
      ? [{ uri: EVERYTHING, rule, match: undefined, index: 0 }]
      : match.map((one, index) => ({ uri: one.uri ?? EVERYTHING, rule, match: one, index })),
  );
}

/** `prefix /a`, for people. */
export function uriText({ exact, prefix, regex }: StringMatch): string {
  if (exact !== undefined) return exact;
  return regex === undefined ? `${prefix ?? "/"}*` : `regex ${regex}`;
}

/**
 * Whether there is a path that both match, as far as can be told: two regular expressions only when they are equal, and a
 * regular expression and a prefix when the expression matches the prefix itself.
 */
export function overlap(one: StringMatch, other: StringMatch): boolean {
  if (one.regex !== undefined && other.regex !== undefined) return one.regex === other.regex;
  if (one.regex !== undefined) return matchesFully(one.regex, other.exact ?? other.prefix ?? "/");
  if (other.regex !== undefined) return overlap(other, one);
  return contains(one, other) || contains(other, one);
}

/** Whether one matches every path that the other does. */
export function contains(one: StringMatch, other: StringMatch): boolean {
  if (one.regex !== undefined) {
    if (other.regex !== undefined) return one.regex === other.regex;
    return other.exact !== undefined ? matchesFully(one.regex, other.exact) : /^\/?\.\*$/.test(one.regex);
  }
  if (one.exact !== undefined) return other.exact === one.exact;
  const prefix = one.prefix ?? "/";
  if (other.regex !== undefined) return prefix === "/" || literal(other.regex).startsWith(prefix);
  return (other.exact ?? other.prefix ?? "/").startsWith(prefix);
}

/** Whether both can hold for one request, as far as the path is not concerned: what else they ask for does not exclude it. */
export function compatible(one: HttpMatch | undefined, other: HttpMatch | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  for (const field of ["method", "scheme", "authority"] as const)
    if (exclude(one[field], other[field])) return false;
  if (one.port !== undefined && other.port !== undefined && one.port !== other.port) return false;
  for (const field of ["headers", "queryParams"] as const)
    for (const [name, value] of Object.entries(one[field] ?? {}))
      if (exclude(value, other[field]?.[name])) return false;
  return true;
}

/** Whether nothing but the path is asked for. */
export function isPlain(match: HttpMatch | undefined): boolean {
  return Object.keys(match ?? {}).every((field) => ["uri", "name", "statPrefix"].includes(field));
}

/** Whether it takes every request, so that Istio sorts it behind those that take some. */
export function takesAll({ uri, match }: RouteMatch): boolean {
  return (
    isPlain(match) &&
    (uri.regex === undefined ? uri.exact === undefined && (uri.prefix ?? "/") === "/" : uri.regex === ".*")
  );
}

function exclude(one: StringMatch | undefined, other: StringMatch | undefined): boolean {
  return one?.exact !== undefined && other?.exact !== undefined && one.exact !== other.exact;
}

/** The text that everything a regular expression matches begins with. */
function literal(regex: string): string {
  const plain = /^\^?((?:[\w/-]|\\[.\-/])*)/.exec(regex)?.[1] ?? "";
  const next = regex.charAt(regex.startsWith("^") ? plain.length + 1 : plain.length);
  const sure = /[*?{|]/.test(next) ? plain.slice(0, -1) : plain;
  return regex.includes("|") ? "" : sure.replace(/\\(.)/g, "$1");
}

/** The ways to match a text that are tried at most: those of three repetitions and a text of 256. */
const MAX_WAYS = 256 ** 3;

/**
 * RE2 as JavaScript sees it; what JavaScript cannot read matches nothing. RE2 does not backtrack and JavaScript does, so that
 * an expression with repeated groups, with many repetitions, or with many alternatives is not tried: it could keep the vetter
 * busy for ever.
 */
function matchesFully(regex: string, text: string): boolean {
  const repetitions = regex.match(/[*+{]/g)?.length ?? 0;
  if (text.length > 256 || repetitions > 3 || /\)[*+?{]/.test(regex)) return false;
  if (text.length ** repetitions * choicesIn(regex) > MAX_WAYS) return false;
  try {
    return new RegExp(`^(?:${regex})$`, "u").test(text);
  } catch {
    return false;
  }
}

/** In how many ways an expression can be gone through without its repetitions, at most. */
function choicesIn(regex: string): number {
  let choices = 1;
  const groups = [1];
  for (const [token] of regex.replace(/\\./g, "x").matchAll(/\(\??|[)|?]/g)) {
    if (token === "|") groups.push((groups.pop() ?? 1) + 1);
    else if (token === ")") choices *= groups.pop() ?? 1;
    else if (token === "?") choices *= 2;
    else groups.push(1);
  }
  return groups.reduce((product, alternatives) => product * alternatives, choices);
}
