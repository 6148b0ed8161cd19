import { translatePolicies, type Policy, type RuleSet } from "../authorization/policies.js";
import type { Journal } from "../journal.js";
import type { JsonObject } from "../json.js";
import { DIRECT_ADDRESS, type Plugin } from "../plugin.js";
import type { ServedPort } from "../ports.js";
import type { Ingress } from "../secure-ingress/index.js";
import { layersOf, modeOf, type PlanOptions } from "./types.js";

/** The RBAC filters of a workload: for each action, on HTTP and on connections. */
export function planRbac(
  policies: readonly Policy[],
  ingress: Ingress | null,
  ports: readonly ServedPort[],
  options: PlanOptions,
  journal: Journal,
): Plugin[] {
  for (const policy of policies) refuseCustom(policy, journal);
  return layersOf(ports).flatMap((layer) => {
    const sets = translatePolicies(policies, { ...options.workload, isTcp: layer === "network" });
    return sets.map((set) => rbacPlugin(set, layer, ingress, options, journal));
  });
}

function refuseCustom(policy: Policy, journal: Journal): void {
  if (policy.spec.action !== "CUSTOM") return;
  const why =
    `action CUSTOM asks the provider ${policy.spec.provider?.name}, which Envoy's ext_authz does and no filter of ours. ` +
    "With --allow-partial all that its rules match is denied, as Istio does with a provider that it does not know";
  journal.partial(policy, why);
}

function rbacPlugin(
  { name: kind, configuration, origins }: RuleSet,
  layer: "http" | "network",
  ingress: Ingress | null,
  options: PlanOptions,
  journal: Journal,
): Plugin {
  const name = `tremula-rbac-${kind}${layer === "network" ? "-tcp" : ""}`;
  for (const { path, policy, rule, why, deniesAll } of origins) {
    journal.decide(name, path, policy, why, rule === null ? [] : ["rules", rule]);
    if (deniesAll)
      journal.remark(
        policy,
        `rules[${rule}] asks for HTTP alone, and denies every connection that is none; add ports`,
      );
  }
  const asksForDirect = JSON.stringify(configuration).includes('"direct_remote_ip"');
  const place = options.remoteIsDirect ? { same_as_remote: true } : { filter_state: DIRECT_ADDRESS };
  const rejects = layer === "http" && ingress?.rejectsAmbiguousPaths === true;
  const guarding = layer === "http" && kind === "deny" ? ingress : null;
  return {
    name,
    filter: "rbac",
    rootId: "rbac",
    layer,
    phase: "AUTHZ",
    direction: "inbound",
    failClosed: true,
    configuration: {
      ...modeOf(options),
      ...(asksForDirect && { direct_remote_address: place }),
      ...(rejects && { reject_ambiguous_paths: true }),
      ...(guarding ? withGuards(configuration, guarding) : configuration),
    },
  };
}

/** Texts that no policy of Istio's can name, as its patterns have one asterisk, at an end. Policies' own names have a namespace. */
const EMPTY_SEGMENTS = {
  "secure-ingress-empty-segments": {
    permissions: [{ url_path: { path: { safe_regex: { regex: ".*//.*" } } } }],
    principals: [{ any: true }],
  },
};
const NAME_AND_PORT = String.raw`(?:[^:@\[\]]*|\[[0-9A-Fa-f:.]*\])(?::[0-9]*)?`;
const ODD_HOST = {
  "secure-ingress-odd-host": {
    permissions: [
      {
        not_rule: { header: { name: ":authority", string_match: { safe_regex: { regex: NAME_AND_PORT } } } },
      },
    ],
    principals: [{ any: true }],
  },
};

/**
 * Denies what servers may read in another way than the policies do. `//` is one slash to many, so that what is guarded as `/x`
 * would be open as `//x`; `reject_ambiguous_paths` does not look at it, for where only exceptions are open it opens nothing. What is in
 * front of an `@` is no part of a host, so that `open.example:80@else.example` is not one at any port of `open.example`; and what
 * is behind a colon is no part of its name: some servers read `else.example:80.open.example` as `else.example`.
 */
function withGuards(configuration: JsonObject, { guardsPaths, namesHosts }: Ingress): JsonObject {
  const rules = configuration["rules"] as JsonObject | undefined;
  if (rules === undefined) return configuration;
  const policies = {
    ...(rules["policies"] as JsonObject),
    ...(guardsPaths && EMPTY_SEGMENTS),
    ...(namesHosts && ODD_HOST),
  };
  return { ...configuration, rules: { ...rules, policies } };
}
