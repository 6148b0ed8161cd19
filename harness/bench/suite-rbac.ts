import type { Budget, Request, Scenario, Variant } from "./types.js";

const TYPE = "type.googleapis.com";
const CLAIMS = "envoy.filters.http.jwt_authn";

/** A condition of the native filter, as JSON; ours takes the same. */
type Condition = Readonly<Record<string, unknown>>;

interface Policy {
  readonly permissions: readonly Condition[];
  readonly principals: readonly Condition[];
}

const ANY: Condition = { any: true };

/** A set of which the last policy is the one that matches, so that who looks at one after the other looks at all. */
interface Shape {
  readonly name: string;
  readonly about: string;
  readonly size: number;
  readonly policy: (n: number) => Policy;
  readonly request: (last: number) => Request;
  /** Filters that every variant has, the one without RBAC too. */
  readonly before?: (last: number) => readonly object[];
}

function configuration({ size, policy }: Shape): object {
  const name = (n: number) => `policy-${String(n).padStart(6, "0")}`;
  const policies = Array.from({ length: size }, (_, n) => [name(n), policy(n)] as const);
  return { rules: { action: "ALLOW", policies: Object.fromEntries(policies) } };
}

function scenario(shape: Shape): Scenario {
  const last = shape.size - 1;
  const before = shape.before?.(last) ?? [];
  // Thousands of policies are made when they are first asked for.
  let made: readonly Variant[] | undefined;
  return {
    suite: "rbac",
    name: shape.name,
    about: shape.about,
    request: shape.request(last),
    get variants() {
      return (made ??= variants(configuration(shape), before));
    },
  };
}

function variants(settings: object, before: readonly object[]): Variant[] {
  const type = `${TYPE}/envoy.extensions.filters.http.rbac.v3.RBAC`;
  const native = { name: "envoy.filters.http.rbac", typed_config: { "@type": type, ...settings } };
  return [
    { name: "none", filters: before },
    { name: "native", filters: [...before, native] },
    {
      name: "tremula",
      filters: before,
      wasm: { source: { entry: "filters/rbac/index.ts" }, configuration: settings },
    },
  ];
}

/** What most authorization policies come down to: a path, a method, anybody. */
const byPath = (size: number): Shape => ({
  name: `policies-${size}`,
  about: `${size} policies, each for a path and a method; the last one matches`,
  size,
  policy: (n) => ({
    permissions: [
      {
        and_rules: {
          rules: [
            { or_rules: { rules: [{ url_path: { path: { exact: `/service-${n}/items` } } }] } },
            { or_rules: { rules: [{ header: { name: ":method", string_match: { exact: "GET" } } }] } },
          ],
        },
      },
    ],
    principals: [{ and_ids: { ids: [ANY] } }],
  }),
  request: (last) => ({ path: `/service-${last}/items` }),
});

const byAddress: Shape = {
  name: "addresses-1000",
  about: "1,000 policies, each for a network that the client is in; the last one matches",
  size: 1000,
  policy: (n) => ({
    permissions: [ANY],
    principals: [{ remote_ip: { address_prefix: `10.${n >> 8}.${n & 255}.0`, prefix_len: 24 } }],
  }),
  request: (last) => ({ path: "/", headers: { "x-forwarded-for": `10.${last >> 8}.${last & 255}.7` } }),
};

const byClaim: Shape = {
  name: "claims-1000",
  about: "1,000 policies, each for one subject of a token; the last one matches",
  size: 1000,
  policy: (n) => ({
    permissions: [ANY],
    principals: [
      {
        metadata: {
          filter: CLAIMS,
          path: [{ key: "payload" }, { key: "sub" }],
          value: { string_match: { exact: `user-${n}` } },
        },
      },
    ],
  }),
  request: () => ({ path: "/" }),
  before: (last) => [
    {
      name: "claims",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.http.set_metadata.v3.Config`,
        metadata: [
          {
            metadata_namespace: CLAIMS,
            value: { payload: { sub: `user-${last}`, iss: "https://issuer.example" } },
          },
        ],
      },
    },
  ],
};

const bySuffix: Shape = {
  name: "suffixes-1000",
  about: "1,000 policies, each for the hosts of one domain; the last one matches",
  size: 1000,
  policy: (n) => ({
    permissions: [
      { header: { name: ":authority", string_match: { suffix: `.tenant-${n}.example`, ignore_case: true } } },
    ],
    principals: [ANY],
  }),
  request: (last) => ({ path: "/", headers: { Host: `shop.tenant-${last}.example` } }),
};

/** No table tells which texts a path contains: all policies are evaluated, one after the other. */
const worst: Shape = {
  name: "worst-1000",
  about:
    "1,000 policies, each for paths that contain a text somewhere, which no index helps with; the last one matches",
  size: 1000,
  policy: (n) => ({
    permissions: [{ url_path: { path: { contains: `/tenant-${n}/` } } }],
    principals: [ANY],
  }),
  request: (last) => ({ path: `/api/v1/tenant-${last}/items` }),
};

/** The same with expressions, each of which has to be run over the path. */
const worstRegex: Shape = {
  name: "worst-regex-1000",
  about:
    "1,000 policies, each for paths that an expression without a fixed start matches; the last one matches",
  size: 1000,
  policy: (n) => ({
    permissions: [{ url_path: { path: { safe_regex: { regex: `.*/tenant-${n}/[a-z]+` } } } }],
    principals: [ANY],
  }),
  request: (last) => ({ path: `/api/v1/tenant-${last}/items` }),
};

/** What RBAC costs beside the native filter, which looks at one policy after the other. */
export const RBAC_SCENARIOS: readonly Scenario[] = [
  ...[10, 100, 1000, 10_000].map(byPath),
  byAddress,
  byClaim,
  bySuffix,
  worst,
  worstRegex,
].map(scenario);

const RBAC = { suite: "rbac", variant: "tremula" };

export const RBAC_BUDGETS: readonly Budget[] = [
  { ...RBAC, scenario: "policies-10", against: "none", maxExtraMicros: 14 },
  { ...RBAC, scenario: "policies-10000", against: "none", maxExtraMicros: 20 },
  { ...RBAC, scenario: "policies-1000", against: "native", maxRatio: 0.5 },
  { ...RBAC, scenario: "policies-10000", against: "native", maxRatio: 0.02 },
];
