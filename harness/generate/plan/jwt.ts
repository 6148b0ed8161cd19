import type { Journal } from "../journal.js";
import type { Plugin } from "../plugin.js";
import {
  holdsSecrets,
  keysAddress,
  ownKeys,
  translateAuthentications,
  type Authentication,
  type JwtRule,
  type KeyServer,
} from "../request-authentication.js";
import { withSpec } from "../resource.js";
import { withIngress, type Ingress } from "../secure-ingress/index.js";
import { modeOf, type PlanOptions } from "./types.js";

const NAME = "tremula-jwt-authn";

/**
 * A key whose private half nobody has: x is the first from the SHA-256 of "tremula: nobody has the private half of this key"
 * on, plus one, that is on P-256. Istio, too, writes a key that no token is good for where it finds none.
 */
const NOBODYS_KEYS = JSON.stringify({
  keys: [
    {
      kty: "EC",
      crv: "P-256",
      alg: "ES256",
      x: "EF7uoYbQ7an9BkZrcHyT71QgMmf0_OcpuEeeeGlrqRo",
      y: "f8GQcYRFZEkeYRlOi1C_GscHKQZ-EPe26hEuV9YuEb4",
    },
  ],
});

/** The JWT filter of a workload, and the servers that it fetches keys from. */
export interface JwtPlan {
  readonly plugins: readonly Plugin[];
  readonly servers: readonly KeyServer[];
}

/** The JWT filter that a workload needs, if any. */
export function planJwt(
  authentications: readonly Authentication[],
  ingress: Ingress | null,
  options: PlanOptions,
  journal: Journal,
): JwtPlan {
  const given = authentications.map((one) => withKeys(one, options.keys, journal));
  const found = translateAuthentications(given, options.nameCluster);
  if (found === null) return { plugins: [], servers: [] };
  for (const { provider, authentication, rule } of found.origins) {
    if (holdsSecrets(authentication.spec.jwtRules![rule]!)) {
      const why = `jwtRules[${rule}].jwks holds a private key or a secret; verifying takes public keys`;
      journal.remark(authentication, why);
    }
    journal.decide(NAME, `providers.${provider}`, authentication, "", ["jwtRules", rule]);
  }
  const configuration = ingress ? withIngress(found, ingress, NAME, journal) : found.configuration;
  const plugin: Plugin = {
    name: NAME,
    filter: "jwt-authn",
    rootId: "jwt-authn",
    layer: "http",
    phase: "AUTHN",
    direction: "inbound",
    failClosed: true,
    configuration: { ...modeOf(options), ...configuration },
  };
  return { plugins: [plugin], servers: found.servers };
}

function withKeys(
  authentication: Authentication,
  keys: ReadonlyMap<string, string>,
  journal: Journal,
): Authentication {
  const { spec } = authentication;
  const jwtRules = (spec.jwtRules ?? []).map((rule, index) => {
    const found = keysOf(rule, keys);
    if (found !== null) return found;
    const why =
      `jwtRules[${index}] has neither jwks nor jwksUri: Istio asks the issuer where its keys are, and a filter cannot. ` +
      "Write jwksUri, or give the keys with --jwks; with --allow-partial no token of the issuer is good";
    journal.partial(authentication, why);
    return { ...rule, jwks: NOBODYS_KEYS };
  });
  return withSpec(authentication, { ...spec, jwtRules });
}

/** The rule with keys that were given for its address, or issuer; null when there are neither keys nor an address. */
function keysOf(rule: JwtRule, keys: ReadonlyMap<string, string>): JwtRule | null {
  if (ownKeys(rule) !== undefined) return rule;
  const address = keysAddress(rule);
  const given = keys.get(address ?? "") ?? keys.get(rule.issuer ?? "");
  if (given !== undefined) return { ...rule, jwks: given };
  return address === undefined ? null : rule;
}
