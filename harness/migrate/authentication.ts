import {
  MeshPolicy,
  Policy,
  type AuthenticationPolicySpec,
  type LegacyJwt,
  type LegacyStringMatch,
  type Path,
  type Resource,
  type Resources,
} from "../resources/index.js";
import type { Notes } from "./note.js";
import { selectorOf, type Services } from "./services.js";
import { security, type Labels, type Written } from "./written.js";

export interface AuthenticationOptions {
  readonly rootNamespace: string;
  /** Only this namespace is migrated; what holds for the mesh is written for it alone. */
  readonly namespace?: string;
  /** Pass tokens on to the workloads, as the old policies did. */
  readonly forwardTokens?: boolean;
}

/** What a policy is for. */
interface Target {
  /** Of the new resources. */
  readonly name: string;
  readonly namespace: string;
  readonly selector: Labels | undefined;
  /** The workload's ports; undefined for all. */
  readonly ports: readonly number[] | undefined;
  /** The ports that HTTP rules can be for, when the workload has others too. */
  readonly httpPorts: readonly number[] | undefined;
}

/** Migrates `authentication.istio.io/v1alpha1` to PeerAuthentication, RequestAuthentication and AuthorizationPolicy. */
export function migrateAuthentication(
  resources: Resources,
  services: Services,
  notes: Notes,
  options: AuthenticationOptions,
): Written[] {
  const policies = resources
    .of(Policy)
    .filter(({ namespace }) => namespace === (options.namespace ?? namespace));
  const overridden = policies.some((policy) => policy.name === "default" && isWide(policy));
  const mesh = resources.of(MeshPolicy).flatMap((policy) => {
    if (policy.name !== "default") {
      notes.add("lost", policy, "only the MeshPolicy default was obeyed; this one is left out");
      return [];
    }
    if (options.namespace !== undefined && overridden) return [];
    const namespace = options.namespace ?? options.rootNamespace;
    return convert(policy, { name: "default", namespace, ...EVERYTHING }, notes, options);
  });
  return [
    ...mesh,
    ...policies.flatMap((policy) =>
      targetsOf(policy, services, notes).flatMap((target) => convert(policy, target, notes, options)),
    ),
  ];
}

const EVERYTHING = { selector: undefined, ports: undefined, httpPorts: undefined };

function isWide({ spec }: Resource<AuthenticationPolicySpec>): boolean {
  return (spec.targets ?? []).length === 0;
}

function targetsOf(policy: Resource<AuthenticationPolicySpec>, services: Services, notes: Notes): Target[] {
  const { name, namespace } = policy;
  if (isWide(policy)) {
    if (name === "default") return [{ name, namespace, ...EVERYTHING }];
    notes.add(
      "lost",
      policy,
      "a Policy without targets was obeyed only when it was called default; it is left out",
    );
    return [];
  }
  const targets = policy.spec.targets ?? [];
  return targets.flatMap((target, index): Target[] => {
    const path: Path = ["spec", "targets", index];
    const service = services.get(namespace, target.name ?? "");
    if (service === undefined) {
      notes.add(
        "error",
        policy,
        `there is no Service ${namespace}/${target.name ?? ""}; give its YAML, because the workloads' labels are in it`,
        path,
      );
      return [];
    }
    const selector = selectorOf(service);
    if (selector === undefined) {
      notes.add(
        "error",
        policy,
        `${service.title} has no selector: a policy for it would be for the whole namespace`,
        path,
      );
      return [];
    }
    const ports = (target.ports ?? []).map((port) => ({
      port,
      number: services.workloadPort(service, port),
    }));
    const unknown = ports.filter(({ number }) => number === undefined);
    for (const { port } of unknown)
      notes.add(
        "error",
        policy,
        `the workload's port behind ${port.name ?? port.number} of ${service.title} is not known; give the workload's YAML too`,
        path,
      );
    if (unknown.length > 0) return [];
    return [
      {
        name: targets.length === 1 ? name : `${name}-${service.name}`,
        namespace,
        selector: { ...selector, ...target.labels },
        ports: ports.length === 0 ? undefined : ports.flatMap(({ number }) => number ?? []),
        httpPorts: services.httpPorts(service),
      },
    ];
  });
}

function convert(
  policy: Resource<AuthenticationPolicySpec>,
  target: Target,
  notes: Notes,
  options: AuthenticationOptions,
): Written[] {
  return [peer(policy, target, notes), ...tokens(policy, target, notes, options)];
}

const selectorField = ({ selector }: Target) =>
  selector === undefined ? {} : { selector: { matchLabels: selector } };
const fromText = (policy: Resource): string => `Migrated from ${policy.title} (${policy.where}).`;

function peer(policy: Resource<AuthenticationPolicySpec>, target: Target, notes: Notes): Written {
  const mode = modeOf(policy, notes);
  const { name, namespace, ports } = target;
  const spec =
    ports === undefined
      ? { mtls: { mode } }
      : { portLevelMtls: Object.fromEntries(ports.map((port) => [String(port), { mode }])) };
  const comment = `${fromText(policy)}${ports === undefined ? "" : "\nThe ports are those that the workload listens on, not the Service's."}`;
  return security("PeerAuthentication", name, namespace, { ...selectorField(target), ...spec }, comment);
}

function modeOf(policy: Resource<AuthenticationPolicySpec>, notes: Notes): "STRICT" | "PERMISSIVE" {
  const { peers = [], peerIsOptional, peer_is_optional } = policy.spec;
  for (const [index, { jwt }] of peers.entries())
    if (jwt !== undefined)
      notes.add("lost", policy, "a peer's JWT was never supported, and is left out", [
        "spec",
        "peers",
        index,
      ]);
  const index = peers.findIndex((one) => "mtls" in one);
  const mtls = peers[index]?.mtls;
  if (mtls === undefined) {
    notes.add(
      "changed",
      policy,
      "without peers the workloads accepted plain text only; PERMISSIVE accepts mTLS too",
      ["spec"],
    );
    return "PERMISSIVE";
  }
  if (mtls?.mode === "PERMISSIVE") return "PERMISSIVE";
  if (mtls?.allowTls ?? mtls?.allow_tls) {
    notes.add(
      "lost",
      policy,
      "allowTls: TLS without a client's certificate is not accepted any more, plain text is",
      ["spec", "peers", index],
    );
    return "PERMISSIVE";
  }
  return (peerIsOptional ?? peer_is_optional) ? "PERMISSIVE" : "STRICT";
}

function tokens(
  policy: Resource<AuthenticationPolicySpec>,
  target: Target,
  notes: Notes,
  { forwardTokens = false }: AuthenticationOptions,
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
  const requirement = requiredToken(policy, rules, target, notes);
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
  notes: Notes,
): Written | undefined {
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
  const { ports = target.httpPorts } = target;
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
          from: [{ source: { notRequestPrincipals: ["*"] } }],
          ...(to.length === distinct.length && { to }),
        },
      ],
    },
    `${fromText(policy)}\nRefuses requests without a valid token, which RequestAuthentication lets pass.`,
  );
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
  ports: readonly number[] | undefined,
): Readonly<Record<string, readonly string[]>> {
  const paths = included(trigger).map(pathText);
  const notPaths = excluded(trigger).map(pathText);
  return {
    ...(ports !== undefined && { ports: ports.map(String) }),
    ...(paths.length > 0 && { paths }),
    ...(notPaths.length > 0 && { notPaths }),
  };
}

function pathText({ exact, prefix, suffix }: LegacyStringMatch): string {
  if (exact !== undefined) return exact;
  return prefix !== undefined ? `${prefix}*` : `*${suffix ?? ""}`;
}
