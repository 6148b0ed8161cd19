import type { AuthorizationPolicySpec, RequestAuthenticationSpec } from "../../resources/index.js";
import type { Policy } from "../authorization/policies.js";
import type { Journal } from "../journal.js";
import { without, type JsonObject } from "../json.js";
import type { Authentication, JwtConfiguration } from "../request-authentication.js";
import type { Given } from "../resource.js";
import { denyRules, MOST_RULES } from "./deny.js";
import { rulesFor } from "./jwt-rules.js";
import type { SecureIngressPolicySpec } from "./schema.js";

export { SecureIngressPolicy, type Cors, type SecureIngressPolicySpec } from "./schema.js";

export type IngressPolicy = Given<SecureIngressPolicySpec>;

/** What the SecureIngressPolicies of a workload come to. */
export interface Ingress {
  readonly authentications: readonly Authentication[];
  readonly policies: readonly Policy[];
  /** The one whose missing tokens are answered with 401. */
  readonly unauthorized: IngressPolicy | null;
  readonly rejectsAmbiguousPaths: boolean;
  /** Whether any guards paths, and leaves open what is written in another way. */
  readonly guardsPaths: boolean;
  /** Whether any names hosts. */
  readonly namesHosts: boolean;
  /** The one whose CORS holds. */
  readonly cors: IngressPolicy | null;
  readonly resources: readonly IngressPolicy[];
}

/** What Istio's own resources say of SecureIngressPolicies, and what they cannot say. */
export function combine(resources: readonly IngressPolicy[], journal: Journal): Ingress | null {
  if (resources.length === 0) return null;
  const asking = resources.filter(({ spec }) => spec.missingTokenStatus === 401);
  for (const resource of asking.slice(1)) {
    const why = `${asking[0]!.title} answers with 401 here already; what both ask for cannot be told apart by first match: missing tokens are answered with 403`;
    journal.partial(resource, why);
  }
  const sharing = resources.filter(({ spec }) => spec.cors !== undefined);
  for (const resource of sharing.slice(1)) {
    journal.partial(resource, `${sharing[0]!.title} says what CORS allows here already; its own is left out`);
  }
  return {
    authentications: resources.map((resource) => ({
      ...partsOf(resource),
      spec: authenticationOf(resource.spec),
    })),
    policies: resources.map((resource) => ({
      ...partsOf(resource),
      spec: authorizationOf(resource, journal),
    })),
    unauthorized: asking[0] ?? null,
    rejectsAmbiguousPaths: resources.some(({ spec }) => spec.ambiguousPaths === "reject"),
    guardsPaths: resources.some(guardsPaths),
    namesHosts: resources.some(namesHosts),
    cors: sharing[0] ?? null,
    resources,
  };
}

/** Whether a policy needs to know each way in which a path can be written. */
export function guardsPaths({ spec: { mode, ambiguousPaths, rules } }: IngressPolicy): boolean {
  return mode === "require" && ambiguousPaths === "reject" && rules.some(({ paths }) => paths !== undefined);
}

/** Whether a policy tells hosts apart. */
export function namesHosts({ spec }: IngressPolicy): boolean {
  return spec.rules.some(({ hosts }) => hosts !== undefined);
}

/** Whether a policy guards hosts of which a port hides the end: an asterisk in front leaves no room for one behind. */
export function guardsHostEnds({ spec: { mode, rules } }: IngressPolicy): boolean {
  return mode === "require" && rules.some(({ hosts }) => hosts?.some((host) => /^\*./.test(host)));
}

/** With a name that says what it was made of, and that nobody else is likely to have. */
function partsOf({ name, namespace, metadata, title, where }: IngressPolicy): Omit<IngressPolicy, "spec"> {
  return { name: `secure-ingress-${name}`, namespace, metadata, title, where };
}

/** Whom a resource of Istio's is for, in the words of ours. */
function targetOf({ selector, targetRefs }: SecureIngressPolicySpec) {
  return {
    ...(selector && { selector: { matchLabels: { ...selector.matchLabels } } }),
    ...(targetRefs && { targetRefs: targetRefs.map((ref) => ({ ...ref })) }),
  };
}

/** The RequestAuthentication of a SecureIngressPolicy. */
export function authenticationOf(spec: SecureIngressPolicySpec): RequestAuthenticationSpec {
  return { ...targetOf(spec), jwtRules: spec.tokens.map((token) => without(token, "name")) };
}

/** The AuthorizationPolicy of a SecureIngressPolicy, which denies. */
export function authorizationOf(resource: IngressPolicy, journal: Journal): AuthorizationPolicySpec {
  const rules = denyRules(resource.spec);
  if (rules !== null) return { ...targetOf(resource.spec), action: "DENY", rules };
  const why = `its exceptions differ in hosts, paths and methods, and make more than ${MOST_RULES} rules; everything is denied`;
  journal.partial(resource, why);
  return { ...targetOf(resource.spec), action: "DENY", rules: [{}] };
}

/** The configuration of a JWT filter as the policies want it: with rules that answer with 401 in front. */
export function withIngress(
  jwt: JwtConfiguration,
  { unauthorized, resources }: Ingress,
  part: string,
  journal: Journal,
): JsonObject {
  const checking = resources.find(({ spec }) => spec.preflight === "check");
  if (checking)
    journal.decide(part, "bypass_cors_preflight", checking, "preflights need a token", ["preflight"]);
  if (unauthorized) journal.decide(part, "rules", unauthorized, "a missing token is answered with 401");
  return {
    ...jwt.configuration,
    ...(unauthorized && { rules: rulesFor(unauthorized.spec, jwt) }),
    ...(checking && { bypass_cors_preflight: false }),
  };
}
