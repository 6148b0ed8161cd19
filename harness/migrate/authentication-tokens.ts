import type { AuthenticationPolicySpec, LegacyJwt, LegacyStringMatch, Resource } from "../resources/index.js";
import type { Around } from "./authentication-overlap.js";
import { fromText, selectorField, type Target } from "./authentication-target.js";
import type { Notes } from "./note.js";
import { security, type Written } from "./written.js";

/** RequestAuthentication for a policy's origins, and the AuthorizationPolicy that wants a token. */
export function tokens(
  policy: Resource<AuthenticationPolicySpec>,
  target: Target,
  around: Around,
  notes: Notes,
  forwardTokens: boolean,
): Written[] {
  const {
    origins = [],
    originIsOptional,
    origin_is_optional,
    principalBinding,
    principal_binding,
  } = policy.spec;
  const rules = origins.flatMap(({ jwt }) => jwt ?? []);
  if (rules.length === 0) return [];
  const { name, namespace } = target;
  const authentication = security(
    "RequestAuthentication",
    name,
    namespace,
    {
      ...selectorField(target),
      jwtRules: rules.map((jwt) => ({
        ...jwtRule(jwt),
        ...(forwardTokens && { forwardOriginalToken: true }),
      })),
    },
    fromText(policy),
  );
  if (!forwardTokens)
    notes.add(
      "changed",
      policy,
      "the token is not passed on to the workload any more; --forward-tokens keeps that",
    );
  if ((principalBinding ?? principal_binding) === "USE_ORIGIN")
    notes.add(
      "changed",
      policy,
      "USE_ORIGIN: a principal of the token is not the source's principal any more; users of ServiceRoleBindings that mean one belong into requestPrincipals",
    );
  if (target.ports !== undefined)
    notes.add(
      "changed",
      policy,
      "RequestAuthentication is for every port: an invalid token is refused with 401 at the workload's other ports too",
    );
  if (originIsOptional ?? origin_is_optional) {
    notes.add(
      "changed",
      policy,
      "originIsOptional: an invalid token was accepted like none; now it is refused with 401",
    );
    return [authentication];
  }
  const requirement = requiredToken(policy, rules, target, around, notes);
  return requirement === undefined ? [authentication] : [authentication, requirement];
}

function jwtRule(jwt: LegacyJwt): Readonly<Record<string, unknown>> {
  const { issuer, audiences, jwks } = jwt;
  const jwksUri = jwt.jwksUri ?? jwt.jwks_uri;
  const headers = jwt.jwtHeaders ?? jwt.jwt_headers;
  const fromParams = jwt.jwtParams ?? jwt.jwt_params;
  return {
    ...(issuer !== undefined && { issuer }),
    ...(audiences !== undefined && { audiences }),
    ...(jwksUri !== undefined && { jwksUri }),
    ...(jwks !== undefined && { jwks }),
    ...(headers !== undefined && { fromHeaders: headers.map((name) => ({ name })) }),
    ...(fromParams !== undefined && { fromParams }),
  };
}

type Trigger = NonNullable<LegacyJwt["triggerRules"]>[number];

/** The policy that refuses requests without a token where the old one wanted one. */
function requiredToken(
  policy: Resource<AuthenticationPolicySpec>,
  rules: readonly LegacyJwt[],
  target: Target,
  around: Around,
  notes: Notes,
): Written | undefined {
  const ports = portsOf(target, around);
  if (ports.ports?.length === 0) {
    notes.add(
      "lost",
      policy,
      "the ports are not HTTP: no token was ever looked at there, and none is required",
    );
    return undefined;
  }
  notes.add(
    "changed",
    policy,
    'a request without a token was answered with 401 "Origin authentication failed", now with 403 "RBAC: access denied"',
  );
  const triggers = rules.map(triggersOf);
  if (new Set(triggers.map((one) => JSON.stringify(one))).size > 1)
    notes.add("changed", policy, "where one issuer's token was wanted, one of any of the issuers is enough");
  const regex = triggers
    .flat()
    .flatMap(pathsOf)
    .find(({ regex }) => regex !== undefined);
  if (regex !== undefined) {
    notes.add(
      "error",
      policy,
      `triggerRules with the regular expression ${regex.regex} cannot be migrated: no token is required`,
    );
    return undefined;
  }
  if (target.selector === undefined)
    notes.add(
      "info",
      policy,
      "on ports that are not HTTP, Istio leaves the token out of the DENY policy and refuses every connection: name its ports if there are such",
    );
  // A rule without triggers wants a token everywhere.
  const wanted = triggers.some((one) => one.length === 0) ? [{}] : triggers.flat();
  const operations = wanted.map((trigger) => operationOf(trigger, ports));
  const distinct = [...new Map(operations.map((one) => [JSON.stringify(one), one])).values()];
  const to = distinct.filter((one) => Object.keys(one).length > 0).map((operation) => ({ operation }));
  return security(
    "AuthorizationPolicy",
    `${target.name}-jwt`,
    target.namespace,
    {
      action: "DENY",
      ...selectorField(target),
      rules: [
        {
          from: [{ source: { notRequestPrincipals: principalsOf(policy, rules, around, notes) } }],
          ...(to.length === distinct.length && { to }),
        },
      ],
    },
    `${fromText(policy)}\nRefuses requests without a valid token, which RequestAuthentication lets pass.`,
  );
}

interface Ports {
  readonly ports?: readonly number[];
  readonly notPorts?: readonly number[];
}

/** The ports at which a token is required: those of the target that are HTTP, without those that have a policy of their own. */
function portsOf({ ports, httpPorts }: Target, { taken }: Around): Ports {
  const own =
    ports === undefined || httpPorts === undefined ? ports : ports.filter((port) => httpPorts.includes(port));
  const all = own ?? httpPorts;
  if (all !== undefined) return { ports: all.filter((port) => !taken.includes(port)) };
  return taken.length === 0 ? {} : { notPorts: taken };
}

/** Whose tokens are enough: anybody's that is accepted, unless other policies make the workloads accept more. */
function principalsOf(
  policy: Resource<AuthenticationPolicySpec>,
  rules: readonly LegacyJwt[],
  { foreign, narrower }: Around,
  notes: Notes,
): readonly string[] {
  if (foreign.length === 0) return ["*"];
  const own = rules.flatMap(({ issuer }) => issuer ?? []);
  if (own.length < rules.length) {
    notes.add("changed", policy, `tokens of ${foreign.join(", ")}, from other policies, are enough here too`);
    return ["*"];
  }
  notes.add(
    "info",
    policy,
    `tokens of ${foreign.join(", ")}, which other policies let the workloads accept, are not enough here`,
  );
  return [...new Set([...own, ...narrower])].map((issuer) => `${issuer}/*`);
}

function triggersOf(jwt: LegacyJwt): Trigger[] {
  return jwt.triggerRules ?? (jwt.trigger_rules as Trigger[] | undefined) ?? [];
}

const included = (trigger: Trigger): LegacyStringMatch[] =>
  trigger.includedPaths ?? trigger.included_paths ?? [];
const excluded = (trigger: Trigger): LegacyStringMatch[] =>
  trigger.excludedPaths ?? trigger.excluded_paths ?? [];
const pathsOf = (trigger: Trigger): LegacyStringMatch[] => [...included(trigger), ...excluded(trigger)];

function operationOf(
  trigger: Trigger,
  { ports, notPorts }: Ports,
): Readonly<Record<string, readonly string[]>> {
  const paths = included(trigger).map(pathText);
  const notPaths = excluded(trigger).map(pathText);
  return {
    ...(ports !== undefined && { ports: ports.map(String) }),
    ...(notPorts !== undefined && { notPorts: notPorts.map(String) }),
    ...(paths.length > 0 && { paths }),
    ...(notPaths.length > 0 && { notPaths }),
  };
}

function pathText({ exact, prefix, suffix }: LegacyStringMatch): string {
  if (exact !== undefined) return exact;
  return prefix !== undefined ? `${prefix}*` : `*${suffix ?? ""}`;
}
