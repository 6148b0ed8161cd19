import type { AuthorizationPolicySpec } from "../../resources/index.js";
import type { JsonObject } from "../json.js";
import { ATTRIBUTES, attributeOf, serviceAccount, type Attribute, type Side } from "./conditions.js";
import { expandDomains, withAliases, type TrustDomains } from "./trust-domain.js";

export type Rule = NonNullable<AuthorizationPolicySpec["rules"]>[number];
type Source = NonNullable<NonNullable<Rule["from"]>[number]["source"]>;
type Operation = NonNullable<NonNullable<Rule["to"]>[number]["operation"]>;

/** Where the rule is to be enforced, and whose it is. */
export interface RuleContext extends TrustDomains {
  /** That of the policy. */
  readonly namespace: string;
  /** On connections that are no HTTP. */
  readonly isTcp: boolean;
  readonly action: "ALLOW" | "DENY" | "LOG";
}

interface Condition {
  readonly attribute: Attribute;
  readonly values: readonly string[];
  readonly notValues: readonly string[];
}

/**
 * A rule of an AuthorizationPolicy as a policy of Envoy's RBAC: `to` becomes permissions, `from` principals, and a condition of
 * `when` goes with either.
 *
 * Where there is no HTTP, what asks for something of HTTP cannot hold. A rule that allows is then dropped as a whole, so that
 * less is allowed; of a rule that denies or logs only the field is, so that more is denied.
 *
 * @returns null for a rule that is dropped
 */
export function translateRule(rule: Rule, context: RuleContext): JsonObject | null {
  const when = (rule.when ?? []).map(({ key, values, notValues }) =>
    condition(attributeOf(key, context.namespace), values, notValues),
  );
  const conditions = when.filter((one) => one !== null);
  const of = (side: Side) => conditions.filter(({ attribute }) => attribute.side === side);

  const sources = (rule.from ?? []).map(({ source }) => sourceConditions(source ?? {}, context));
  const operations = (rule.to ?? []).map(({ operation }) => operationConditions(operation ?? {}));
  const all = [...conditions, ...sources.flat(), ...operations.flat()];
  if (context.isTcp && context.action === "ALLOW" && all.some(({ attribute }) => attribute.httpOnly)) {
    return null;
  }
  const alternatives = (list: Condition[][], side: Side) =>
    (list.length > 0 ? list : [[]]).map((own) => conjunction([...own, ...of(side)], side, context));
  return {
    permissions: alternatives(operations, "permission"),
    principals: alternatives(sources, "principal"),
  };
}

function condition(
  attribute: Attribute | null,
  values: readonly string[] = [],
  notValues: readonly string[] = [],
): Condition | null {
  if (attribute === null || values.length + notValues.length === 0) return null;
  return { attribute, values, notValues };
}

/** In the order in which Istio writes them. */
function sourceConditions(source: Source, context: RuleContext): Condition[] {
  const found = [
    condition(ATTRIBUTES.principal, source.principals, source.notPrincipals),
    condition(ATTRIBUTES.requestPrincipal, source.requestPrincipals, source.notRequestPrincipals),
    condition(serviceAccount(context.namespace), source.serviceAccounts, source.notServiceAccounts),
    condition(ATTRIBUTES.trustDomain, source.trustDomains, source.notTrustDomains),
    condition(ATTRIBUTES.namespace, source.namespaces, source.notNamespaces),
    condition(ATTRIBUTES.remoteIp, source.remoteIpBlocks, source.notRemoteIpBlocks),
    condition(ATTRIBUTES.sourceIp, source.ipBlocks, source.notIpBlocks),
  ];
  return found.filter((one) => one !== null);
}

function operationConditions(operation: Operation): Condition[] {
  const found = [
    condition(ATTRIBUTES.host, operation.hosts, operation.notHosts),
    condition(ATTRIBUTES.method, operation.methods, operation.notMethods),
    condition(ATTRIBUTES.path, operation.paths, operation.notPaths),
    condition(ATTRIBUTES.destinationPort, operation.ports, operation.notPorts),
  ];
  return found.filter((one) => one !== null);
}

/** Conditions that all have to hold: `values` and `notValues` of one are two. */
function conjunction(conditions: readonly Condition[], side: Side, context: RuleContext): JsonObject {
  const usable = conditions.filter(({ attribute }) => !(context.isTcp && attribute.httpOnly));
  const parts = usable.flatMap(({ attribute, values, notValues }) => {
    const domains = (list: readonly string[]) => inAllDomains(attribute, list, context);
    const positive = values.length > 0 ? [attribute.anyOf(domains(values))] : [];
    const negative = notValues.length > 0 ? [not(side, attribute.anyOf(domains(notValues)))] : [];
    return [...positive, ...negative];
  });
  const list = parts.length > 0 ? parts : [{ any: true }];
  return side === "permission" ? { and_rules: { rules: list } } : { and_ids: { ids: list } };
}

function inAllDomains(
  attribute: Attribute,
  values: readonly string[],
  context: RuleContext,
): readonly string[] {
  if (attribute === ATTRIBUTES.principal) return withAliases(values, context);
  if (attribute === ATTRIBUTES.trustDomain) return expandDomains(values, context);
  return values;
}

function not(side: Side, matcher: JsonObject): JsonObject {
  return side === "permission" ? { not_rule: matcher } : { not_id: matcher };
}
