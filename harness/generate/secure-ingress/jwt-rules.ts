import { isPathTemplate, quoteRegex } from "../authorization/values.js";
import type { JsonObject } from "../json.js";
import { anyOf, anyOfThemOrNone, type JwtConfiguration } from "../request-authentication.js";
import { withSlashes } from "./deny.js";
import type { IngressRule, SecureIngressPolicySpec } from "./schema.js";

/**
 * Rules of a JWT filter that answer a missing token with 401 where one is needed, which an AuthorizationPolicy, answering with
 * 403, cannot. Who the token's owner has to be stays with the policy.
 *
 * The first rule that matches decides, so that they stand in front of the one that is for everything.
 */
export function rulesFor(
  spec: SecureIngressPolicySpec,
  { configuration, origins }: JwtConfiguration,
): JsonObject[] {
  const providers = origins.map(({ provider }) => provider);
  const needed = anyOf(providers.map((provider_name) => ({ provider_name })));
  const everything = configuration["rules"] as readonly JsonObject[];
  const isGuard = spec.mode === "require";
  const ofRules = (rules: readonly IngressRule[], requires: JsonObject) =>
    rules.flatMap((rule) => matchesOf(rule, isGuard).map((match) => ({ match, requires })));
  if (isGuard) return [...ofRules(spec.rules.map(withSlashes), needed), ...everything];
  const all = { match: { prefix: "/" }, requires: needed };
  return [...ofRules(spec.rules, anyOfThemOrNone(providers)), all];
}

/**
 * Envoy's `RouteMatch`es for a rule: one for each path.
 *
 * @param isGuard whether a host's other spellings are meant as well, as in the policy that denies
 */
function matchesOf({ hosts = [], paths = ["*"], methods }: IngressRule, isGuard: boolean): JsonObject[] {
  const names = `(?:${hosts.map(hostRegex).join("|")})`;
  const spellings = isGuard ? `(?:[^@]*@)?${names}\\.?` : names;
  const headers = [
    ...(hosts.length > 0 ? [header(":authority", `(?i)${spellings}(?::[0-9]+)?`)] : []),
    ...(methods ? [header(":method", methods.map((method) => wildcard(method, ".*")).join("|"))] : []),
  ];
  return paths.map((path) => ({ ...pathMatch(path), ...(headers.length > 0 && { headers }) }));
}

function header(name: string, regex: string): JsonObject {
  return { name, string_match: { safe_regex: { regex } } };
}

function hostRegex(host: string): string {
  return wildcard(host, ".*");
}

function wildcard(pattern: string, any: string): string {
  if (pattern === "*") return ".+";
  if (pattern.startsWith("*")) return any + quoteRegex(pattern.slice(1));
  if (pattern.endsWith("*")) return quoteRegex(pattern.slice(0, -1)) + any;
  return quoteRegex(pattern);
}

function pathMatch(path: string): JsonObject {
  if (isPathTemplate(path)) {
    const parts = path.split(/(\{\*\*\}|\{\*\})/);
    const regex = parts.map((part) => (part === "{**}" ? ".*" : part === "{*}" ? "[^/]+" : quoteRegex(part)));
    return { safe_regex: { regex: regex.join("") } };
  }
  if (path === "*") return { prefix: "/" };
  if (path.startsWith("*")) return { safe_regex: { regex: wildcard(path, ".*") } };
  return path.endsWith("*") ? { prefix: path.slice(0, -1) } : { path };
}
