import fc from "fast-check";
import { condition } from "./cel.js";
import {
  NAMESPACE,
  networkPermission,
  networkPrincipal,
  permission,
  principal,
  type Condition,
} from "./conditions.js";
import { tree } from "./trees.js";

/** A policy of the native filter. */
export interface Policy {
  readonly permissions: readonly Condition[];
  readonly principals: readonly Condition[];
  /** CEL, as a syntax tree. */
  readonly condition?: object;
}

/** envoy.config.rbac.v3.RBAC. */
export interface Rules {
  readonly action: "ALLOW" | "DENY" | "LOG";
  readonly policies: Readonly<Record<string, Policy>>;
}

/** What both filters are given. */
export interface Configuration {
  readonly rules?: Rules;
  readonly shadow_rules?: Rules;
  /** Matching trees, instead of rules. */
  readonly matcher?: object;
  readonly shadow_matcher?: object;
  readonly shadow_rules_stat_prefix?: string;
  readonly track_per_rule_stats?: boolean;
}

/** Their order as octets is not that of their numbers, letters or lengths. */
const NAMES = [
  "b",
  "a",
  "B",
  "a b",
  "10",
  "9",
  "",
  "a-",
  "a_",
  "é",
  "ns[x]-policy[y]-rule[0]",
  "Z",
  "~",
  "a/b",
];

const policy: fc.Arbitrary<Policy> = fc
  .record({
    permissions: fc.array(permission, { minLength: 1, maxLength: 2 }),
    principals: fc.array(principal, { minLength: 1, maxLength: 2 }),
    condition: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: condition }),
  })
  .map(({ condition: cel, ...rest }) => ({ ...rest, ...(cel !== null && { condition: cel }) }));

const networkPolicy: fc.Arbitrary<Policy> = fc.record({
  permissions: fc.array(networkPermission, { minLength: 1, maxLength: 2 }),
  principals: fc.array(networkPrincipal, { minLength: 1, maxLength: 2 }),
});

const action = fc.oneof(
  { weight: 4, arbitrary: fc.constant("ALLOW" as const) },
  { weight: 4, arbitrary: fc.constant("DENY" as const) },
  { weight: 1, arbitrary: fc.constant("LOG" as const) },
);

function few(size: number, one = policy): fc.Arbitrary<Record<string, Policy>> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), one), {
      minLength: size,
      maxLength: size,
      selector: ([name]) => name,
    })
    .map((entries) => Object.fromEntries(entries));
}

/** A policy about things that hardly any other policy of the set is about. */
function numbered(n: number, shape: number): Policy {
  const ip = { address_prefix: `10.${n >> 8}.${n & 255}.0`, prefix_len: 24 };
  const permissions: Condition[] = [
    { url_path: { path: { exact: `/svc/${n}` } } },
    { url_path: { path: { prefix: `/svc/${n}/` } } },
    { url_path: { path: { suffix: `/${n}.json` } } },
    { header: { name: ":authority", string_match: { exact: `h${n}.example`, ignore_case: true } } },
    { header: { name: ":authority", string_match: { suffix: `.t${n}.example` } } },
    {
      and_rules: {
        rules: [
          { url_path: { path: { prefix: "/svc/" } } },
          { header: { name: "x-role", string_match: { exact: `r${n}` } } },
        ],
      },
    },
    {
      or_rules: {
        rules: [
          { destination_port: 1000 + n },
          { url_path: { path: { safe_regex: { regex: `/re/${n}/[a-z]+` } } } },
        ],
      },
    },
    { any: true },
  ];
  const claim = (value: object) => ({
    metadata: { filter: NAMESPACE, path: [{ key: "payload" }, { key: "sub" }], value },
  });
  const principals: Condition[] = [
    { any: true },
    { remote_ip: ip },
    claim({ string_match: { exact: `user-${n}` } }),
    { header: { name: "x-user", string_match: { exact: `u${n}` } } },
    {
      and_ids: {
        ids: [
          { not_id: { header: { name: "x-user", string_match: { exact: `u${n}` } } } },
          claim({ string_match: { prefix: `user-${n}` } }),
        ],
      },
    },
  ];
  const chosen = permissions[shape % permissions.length]!;
  // Without either of both, every request would end at the first of them.
  const who = "any" in chosen ? principals[1 + (shape % 4)]! : principals[(shape >> 3) % principals.length]!;
  return { permissions: [chosen], principals: [who] };
}

/** Many policies, of which a request concerns one or two. */
function many(size: number): fc.Arbitrary<Record<string, Policy>> {
  return fc
    .array(fc.nat(1000), { minLength: size, maxLength: size })
    .map((shapes) => Object.fromEntries(shapes.map((shape, n) => [`p${n}`, numbered(n % 2500, shape)])));
}

function rules(policies: fc.Arbitrary<Record<string, Policy>>): fc.Arbitrary<Rules> {
  return fc.record({ action, policies });
}

/** They say which policy matched even where it makes no difference. */
function shadow(size: number) {
  return fc.record({
    shadow_rules: rules(few(size)),
    shadow_rules_stat_prefix: fc.constantFrom("", "dry_", "istio_dry_run_allow_"),
  });
}

/** A configuration with so many policies; with none, one of matching trees. */
export function configuration(size: number): fc.Arbitrary<Configuration> {
  if (size === 0) return fc.record({ matcher: tree, shadow_matcher: tree });
  return fc
    .tuple(
      rules(size > NAMES.length ? many(size) : few(size)),
      fc.option(shadow(Math.min(size + 1, 8)), { freq: 4, nil: {} }),
      fc.constantFrom<object>({}, {}, { track_per_rule_stats: true }),
      fc.nat(15),
    )
    .map(([enforced, dry, perRule, without]) => {
      const shadowOnly = without === 0 && "shadow_rules" in dry;
      return { ...(!shadowOnly && { rules: enforced }), ...dry, ...(size <= NAMES.length && perRule) };
    });
}

/** For connections. */
export const networkConfiguration: fc.Arbitrary<Configuration> = fc.nat(6).chain((size) =>
  fc.record({
    rules: rules(few(size, networkPolicy)),
    shadow_rules: rules(few(2, networkPolicy)),
    shadow_rules_stat_prefix: fc.constantFrom("", "dry_"),
    enforcement_type: fc.constantFrom("ONE_TIME_ON_FIRST_BYTE", "CONTINUOUS"),
  }),
);

/** So many configurations for so many requests, with so many policies: mostly few, where conditions meet in all ways. */
export function sizesFor(runs: number): number[] {
  const small = Math.max(40, Math.min(300, runs / 25));
  return [...Array.from({ length: small }, (_, index) => index % 11), 30, 100, 100, 500, 2000];
}
