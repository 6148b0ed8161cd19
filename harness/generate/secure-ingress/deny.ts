import type { AuthorizationPolicySpec } from "../../resources/index.js";
import type { Access, IngressRule, SecureIngressPolicySpec } from "./schema.js";

type DenyRule = NonNullable<AuthorizationPolicySpec["rules"]>[number];
type Operation = NonNullable<NonNullable<NonNullable<DenyRule["to"]>[number]["operation"]>>;
type When = NonNullable<DenyRule["when"]>[number];

/** More rules than that come of exceptions that differ in hosts, paths and methods at once, and nobody could read them. */
export const MOST_RULES = 256;

/** A request that the policy is about, before anybody asks who sent it. */
interface Place {
  readonly operation: Operation;
  readonly when: readonly When[];
}

/** What must not hold of whoever sent it: any one of them is reason enough to deny. */
type Reason = Pick<DenyRule, "from" | "when">;

/**
 * The rules of a DENY policy that keep out who may not come in. Denying is what fails closed together with policies that allow:
 * an ALLOW policy of somebody else cannot open what this one closes.
 *
 * @returns null when they would be more than {@link MOST_RULES}
 */
export function denyRules(spec: SecureIngressPolicySpec): DenyRule[] | null {
  const places = spec.mode === "require" ? requiredPlaces(spec) : exemptPlaces(spec);
  if (places === null) return null;
  const rules = places.flatMap(({ place, access }) =>
    besidesPreflights(place, spec).flatMap(({ operation, when }) =>
      reasonsOf(access, spec).map((reason) => ({
        ...(reason.from && { from: reason.from }),
        to: [{ operation }],
        ...(when.length + (reason.when?.length ?? 0) > 0 && { when: [...when, ...(reason.when ?? [])] }),
      })),
    ),
  );
  return rules.length > MOST_RULES ? null : rules;
}

interface Guarded {
  readonly place: Place;
  readonly access: Access;
}

function requiredPlaces({ rules, access = {} }: SecureIngressPolicySpec): Guarded[] {
  return rules.map((rule) => ({
    place: { operation: { ...operationOf(withSlashes(rule)), ...allSpellings(rule.hosts) }, when: [] },
    access: rule.access ?? access,
  }));
}

/**
 * A rule that guards `/x` guards `/x/` as well: to most servers they are one. What is exempt is not widened so.
 */
export function withSlashes(rule: IngressRule): IngressRule {
  if (rule.paths === undefined) return rule;
  const paths = rule.paths.flatMap((path) => (/[*/]$|\}$/.test(path) ? [path] : [path, `${path}/`]));
  return { ...rule, paths: [...new Set(paths)] };
}

/**
 * What guards a host guards it with the dot of DNS at its end, too, and with a user in front, which servers may take off. What is
 * exempt is not widened so.
 */
function allSpellings(hosts: readonly string[] | undefined): Pick<Operation, "hosts"> {
  if (hosts === undefined) return {};
  const spellings = hosts.flatMap((host) => {
    if (host === "*" || host.endsWith("*")) return [host];
    return host.startsWith("*") ? [host, `${host}.`] : [host, `${host}.`, `*@${host}`, `*@${host}.`];
  });
  return { hosts: withPorts(spellings) };
}

function operationOf({ hosts, paths, methods }: IngressRule): Operation {
  return {
    ...(hosts && { hosts: withPorts(hosts) }),
    ...(paths && { paths: [...paths] }),
    ...(methods && { methods: [...methods] }),
  };
}

/** A client may write any port behind the host. An asterisk in front leaves no room for one behind. */
function withPorts(hosts: readonly string[]): string[] {
  return hosts.flatMap((host) => (host.includes("*") ? [host] : [host, `${host}:*`]));
}

/**
 * Everything but what the rules match: one place for each way of missing all of them, by host, by path or by method. Rules that
 * name paths alone, which most do, make one place.
 */
function exemptPlaces({ rules, access = {} }: SecureIngressPolicySpec): Guarded[] | null {
  let places: Operation[] = [{}];
  for (const rule of rules) {
    const { hosts, paths, methods } = operationOf(rule);
    const misses: Operation[] = [
      ...(hosts ? [{ notHosts: hosts }] : []),
      ...(paths ? [{ notPaths: paths }] : []),
      ...(methods ? [{ notMethods: methods }] : []),
    ];
    places = places.flatMap((place) => misses.map((miss) => both(place, miss)));
    if (places.length > MOST_RULES) return null;
  }
  const distinct = new Map(places.map((place) => [JSON.stringify(place), place]));
  return [...distinct.values()].map((operation) => ({ place: { operation, when: [] }, access }));
}

function both(one: Operation, other: Operation): Operation {
  const fields = ["notHosts", "notPaths", "notMethods"] as const;
  const joined = fields.map((field) => {
    const list = [...new Set([...(one[field] ?? []), ...(other[field] ?? [])])];
    return list.length > 0 ? { [field]: list } : {};
  });
  return Object.assign({}, ...joined) as Operation;
}

const ORIGIN = "request.headers[origin]";
const REQUESTED_METHOD = "request.headers[access-control-request-method]";

/**
 * Without preflights, when they need no token: a preflight is OPTIONS with an origin and the method that is to come, and each of
 * the three may be what a request lacks to be one.
 */
function besidesPreflights({ operation, when }: Place, { preflight }: SecureIngressPolicySpec): Place[] {
  if (preflight === "check") return [{ operation, when }];
  const others = [...(operation.notMethods ?? []), "OPTIONS"];
  const notOptions = { operation: { ...operation, notMethods: [...new Set(others)] }, when };
  const isOptions = !operation.methods || operation.methods.some((method) => matches(method, "OPTIONS"));
  const isExempt = operation.notMethods?.some((method) => matches(method, "OPTIONS")) ?? false;
  if (!isOptions || isExempt) return [isOptions ? notOptions : { operation, when }];
  const options = { ...operation, methods: ["OPTIONS"] };
  delete options.notMethods;
  return [
    notOptions,
    ...[ORIGIN, REQUESTED_METHOD].map((key) => ({
      operation: options,
      when: [...when, { key, notValues: ["*"] }],
    })),
  ];
}

/** Whether one of Istio's patterns takes a text. */
export function matches(pattern: string, text: string): boolean {
  if (pattern.startsWith("*")) return text.endsWith(pattern.slice(1));
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}

function reasonsOf({ tokens, subjects, claims = [] }: Access, spec: SecureIngressPolicySpec): Reason[] {
  const good = spec.tokens.filter(({ name }) => tokens?.includes(name) ?? true);
  const issuers = [...new Set(good.map(({ issuer }) => `${issuer}/*`))];
  const required = [...(subjects ? [{ path: ["sub"], values: subjects }] : []), ...claims];
  return [
    { from: [{ source: { notRequestPrincipals: issuers } }] },
    ...required.map(({ path, values }) => ({
      when: [
        { key: `request.auth.claims${path.map((name) => `[${name}]`).join("")}`, notValues: [...values] },
      ],
    })),
  ];
}
