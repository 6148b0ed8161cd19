import type { Journal } from "../journal.js";
import { keysAddress, ownKeys, type Authentication, type JwtRule } from "../request-authentication.js";
import { titleOf, type Given } from "../resource.js";
import type { Ingress, IngressPolicy } from "./index.js";
import type { SecureIngressPolicySpec } from "./schema.js";

type Token = SecureIngressPolicySpec["tokens"][number];

/** A rule by which tokens are good for a workload, and whose it is. */
interface Rule {
  readonly by: Given;
  readonly rule: JwtRule;
}

/**
 * Remarks on tokens that get in though the policy does not name them. A policy tells tokens apart by their issuer, and what is good
 * by another resource's rule has the same one where that rule says so, or names none and takes any.
 *
 * @param authentications RequestAuthentications of the same workload
 */
export function remarkSharedIssuers(
  { resources }: Ingress,
  authentications: readonly Authentication[],
  journal: Journal,
): void {
  const rules: Rule[] = [
    ...authentications.flatMap((by) => (by.spec.jwtRules ?? []).map((rule) => ({ by, rule }))),
    ...resources.flatMap((by) => by.spec.tokens.map((rule) => ({ by, rule }))),
  ];
  for (const resource of resources) {
    const others = rules.filter(({ by, rule }) => by !== resource && letsInMore(rule, resource));
    for (const by of new Set(others.map((other) => other.by))) {
      const why =
        `tokens get in that are not its own: ${titleOf(by)} takes others of the same issuer, or of any, with other keys or ` +
        "audiences. Say the same in both, or ask for audiences by access.claims with the path [aud]";
      journal.partial(resource, why);
    }
  }
}

/** Whether another resource's rule makes tokens good that look like this one's and are not. */
function letsInMore(rule: JwtRule, resource: IngressPolicy): boolean {
  const isOwn = (token: Token) =>
    ownKeys(rule) === token.jwks &&
    keysAddress(rule) === token.jwksUri &&
    (asksForAudience(resource) || isWithin(rule.audiences, token.audiences));
  const { tokens } = resource.spec;
  // Whoever signs for any issuer signs for each of them.
  if (!rule.issuer) return !tokens.every(isOwn);
  const alike = tokens.filter(({ issuer }) => issuer === rule.issuer);
  return alike.length > 0 && !alike.some(isOwn);
}

function isWithin(audiences: readonly string[] = [], allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  return audiences.length > 0 && audiences.every((audience) => allowed.includes(audience));
}

/** Whether the audience is asked for wherever a token is needed, besides where tokens are verified. */
function asksForAudience({ spec: { mode, access, rules } }: IngressPolicy): boolean {
  const all = mode === "exempt" ? [access] : rules.map((rule) => rule.access ?? access);
  return all.every((one) => one?.claims?.some(({ path }) => path.join() === "aud"));
}
