import { HarnessError } from "../../errors.js";
import type { AuthorizationPolicySpec } from "../../resources/index.js";
import type { Json, JsonObject } from "../json.js";
import type { Given } from "../resource.js";
import { translateRule, type Rule } from "./rule.js";
import type { TrustDomains } from "./trust-domain.js";

export type Policy = Given<AuthorizationPolicySpec>;

/** What an RBAC filter does with a match. */
export type RbacAction = "ALLOW" | "DENY" | "LOG";

/** The configuration of one RBAC filter, and where each of its policies comes from. */
export interface RuleSet {
  /** `custom`, `audit`, `deny` or `allow`. */
  readonly name: string;
  readonly action: RbacAction;
  readonly configuration: JsonObject;
  readonly origins: readonly Origin[];
}

/** Where a policy of an RBAC filter comes from, or why there is none. */
export interface Origin {
  readonly path: string;
  readonly policy: Policy;
  readonly rule: number | null;
  readonly why: string;
  /** Whether a rule that denies has nothing left to ask for, and denies every connection. */
  readonly deniesAll: boolean;
}

/** Where a rule set is to be enforced. */
export interface Enforcement extends TrustDomains {
  /** On connections that are no HTTP. */
  readonly isTcp: boolean;
}

/** Envoy evaluates the filters in this order, and with it the actions. */
const ORDER = [
  { name: "custom", istio: "CUSTOM", action: "DENY" },
  { name: "audit", istio: "AUDIT", action: "LOG" },
  { name: "deny", istio: "DENY", action: "DENY" },
  { name: "allow", istio: "ALLOW", action: "ALLOW" },
] as const;

/** Allows nothing. Istio writes it so that a policy without rules is there. */
const NEVER: JsonObject = {
  permissions: [{ not_rule: { any: true } }],
  principals: [{ not_id: { any: true } }],
};

/**
 * AuthorizationPolicies as Istio translates them: an RBAC filter for each action that any of them has, in the order in which
 * Istio puts them. A policy on trial (`istio.io/dry-run`) goes into shadow rules.
 *
 * A policy that asks a provider (CUSTOM) is translated to a denial of all that it is about, which is what Istio does with a
 * provider that it does not know: whoever calls this has to say so.
 *
 * @param policies those that apply to one workload, valid ones
 */
export function translatePolicies(policies: readonly Policy[], enforcement: Enforcement): RuleSet[] {
  return ORDER.flatMap(({ name, istio, action }) => {
    const own = policies.filter(({ spec }) => (spec.action ?? "ALLOW") === istio);
    if (own.length === 0) return [];
    const origins: Origin[] = [];
    const set = (field: string, members: readonly Policy[]) =>
      members.length > 0 && {
        [field]: { action, policies: rulesOf(members, action, enforcement, field, origins) },
      };
    const enforced = own.filter((policy) => !isDryRun(policy));
    const onTrial = own.filter(isDryRun);
    const trial = action === "LOG" ? "" : `istio_dry_run_${action.toLowerCase()}_`;
    const configuration = {
      ...set("rules", enforced),
      ...set("shadow_rules", onTrial),
      // Istio's default where there are no shadow rules.
      shadow_rules_stat_prefix: onTrial.length > 0 ? trial : "istio_dry_run_allow_",
      ...(enforcement.isTcp && { stat_prefix: "tcp." }),
    };
    return [{ name, action, configuration, origins }];
  });
}

function rulesOf(
  policies: readonly Policy[],
  action: RbacAction,
  enforcement: Enforcement,
  field: string,
  origins: Origin[],
): JsonObject {
  const found: Record<string, JsonObject> = {};
  for (const policy of policies) {
    const { namespace, spec } = policy;
    const enter = (rule: number | null, path: string, why: string, deniesAll = false) =>
      origins.push({ path, policy, rule, why, deniesAll });
    const add = (rule: number, translated: JsonObject, why: string, deniesAll = false) => {
      const name = nameOf(policy, rule);
      if (Object.hasOwn(found, name)) throw twice(policy);
      found[name] = translated;
      enter(spec.rules?.length ? rule : null, `${field}.policies["${name}"]`, why, deniesAll);
    };
    const rules = spec.rules ?? [];
    if (rules.length === 0) add(0, NEVER, "no rules: never matches");
    rules.forEach((rule, index) => {
      const translated = translateRule(rule, { ...enforcement, namespace, action });
      if (translated) {
        const deniesAll = enforcement.isTcp && action === "DENY" && asksForHttpAlone(rule, translated);
        add(index, translated, deniesAll ? "asks for HTTP alone: denies every connection" : "", deniesAll);
      } else {
        const why = "left out: an ALLOW rule that asks for HTTP can never hold on other connections";
        enter(index, `${field}.policies`, why);
      }
    });
  }
  return found;
}

/** Whether a rule that asks for something has come to ask for nothing. */
function asksForHttpAlone(rule: Rule, translated: JsonObject): boolean {
  const isEmpty = !rule.from?.length && !rule.to?.length && !rule.when?.length;
  return !isEmpty && Object.keys(literalsOf(translated)).join() === "any";
}

/** The fields that hold no other fields. */
function literalsOf(node: Json, found: Record<string, true> = {}): Record<string, true> {
  if (typeof node !== "object" || node === null) return found;
  for (const [name, child] of Object.entries(node)) {
    if (typeof child === "object" && child !== null) literalsOf(child, found);
    else found[name] = true;
  }
  return found;
}

/** One would take the other's place, and what it denies would be let through. */
function twice({ title, where }: Policy): HarnessError {
  return new HarnessError("POLICY_TWICE", `${where}: ${title}: there is another policy of this name`);
}

function nameOf({ namespace, name, spec }: Policy, rule: number): string {
  const prefix = spec.action === "CUSTOM" ? `istio-ext-authz-${spec.provider?.name ?? ""}-` : "";
  return `${prefix}ns[${namespace}]-policy[${name}]-rule[${rule}]`;
}

/** What Go's `strconv.ParseBool` takes for true. */
const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);

/** Whether a policy is to be tried only; Istio enforces one whose annotation it cannot read. */
export function isDryRun({ metadata }: Policy): boolean {
  return TRUE.has(metadata.annotations["istio.io/dry-run"] ?? "");
}
