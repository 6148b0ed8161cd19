import { translatePolicies, type Policy, type RuleSet } from "../authorization/policies.js";
import type { Journal } from "../journal.js";
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
      ...configuration,
    },
  };
}
