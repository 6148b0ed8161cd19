import { DISTINCT_TOKENS, ISSUER, once, type Signer, SIGNERS, token } from "./jwt-tokens.js";
import type { Budget, Scenario, Variant } from "./types.js";

const NONE: Variant = { name: "none" };

/** The native filter's configuration, which is ours too. */
function configuration(signer: Signer, cacheSize: number | null): object {
  return {
    providers: {
      bench: {
        issuer: ISSUER,
        audiences: ["bench"],
        local_jwks: { inline_string: JSON.stringify({ keys: [signer.jwk] }) },
        forward_payload_header: "x-jwt-payload",
        ...(cacheSize !== null && { jwt_cache_config: { jwt_cache_size: cacheSize } }),
      },
    },
    rules: [{ match: { prefix: "/" }, requires: { provider_name: "bench" } }],
  };
}

function native(name: string, settings: object): Variant {
  const type = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
  return {
    name,
    filters: [{ name: "envoy.filters.http.jwt_authn", typed_config: { "@type": type, ...settings } }],
  };
}

interface Shape {
  readonly name: string;
  readonly about: string;
  readonly signer: () => Signer;
  /** How many tokens take turns. */
  readonly tokens: number;
  readonly cacheSize?: number;
  /** Which token each request of the load has; default: each in turn. */
  readonly order?: (tokens: number) => number[];
}

function scenario({ name, about, signer, tokens, cacheSize, order }: Shape): Scenario {
  const rotate = once(() => {
    const values = Array.from({ length: tokens }, (_, user) => `Bearer ${token(signer(), user)}`);
    return { header: "authorization", values: order ? order(tokens).map((user) => values[user]!) : values };
  });
  const variants = once((): Variant[] => [
    NONE,
    native("native", configuration(signer(), null)),
    native("native-cache", configuration(signer(), cacheSize ?? 100)),
    {
      name: "tremula",
      wasm: {
        source: { entry: "filters/jwt-authn/index.ts" },
        configuration: configuration(signer(), cacheSize ?? null),
      },
    },
  ]);
  return {
    suite: "jwt",
    name,
    about,
    counters: [
      ...["jwt_cache_hit", "jwt_cache_evicted"].map((counter) => `wasmcustom.jwt_authn.${counter}`),
      "http.bench.jwt_authn.jwt_cache_hit",
    ],
    request: {
      path: "/",
      get rotate() {
        return rotate();
      },
    },
    get variants() {
      return variants();
    },
  };
}

const distinct = Object.entries(SIGNERS).map(([name, signer]) =>
  scenario({
    name: `distinct-${name}`,
    about: `verify a token that no cache knows, ${DISTINCT_TOKENS} of them in turn`,
    signer,
    tokens: DISTINCT_TOKENS,
  }),
);

/** What JWT authentication costs beside the native filter, with its cache and without. */
export const JWT_SCENARIOS: readonly Scenario[] = [
  scenario({
    name: "repeated-rs256",
    about: "verify the same token again and again",
    signer: SIGNERS.rs256!,
    tokens: 1,
  }),
  ...distinct,
  scenario({
    name: "thousand-live",
    about: "verify 1,000 tokens in turn, with room for 1,000 in the caches",
    signer: SIGNERS.rs256!,
    tokens: 1000,
    cacheSize: 1000,
  }),
  scenario({
    name: "ten-thousand-users",
    about: "verify tokens of 10,000 users, some of whom come much more often, with room for 1,000",
    signer: SIGNERS.rs256!,
    tokens: 10_000,
    cacheSize: 1000,
    order: byPopularity,
  }),
];

/** 30,000 draws in which the n-th user comes 1/n as often as the first (Zipf's law); the same ones each time. */
function byPopularity(users: number): number[] {
  const cumulative: number[] = [];
  for (let user = 0, sum = 0; user < users; user++) cumulative.push((sum += 1 / (user + 1)));
  const total = cumulative.at(-1) ?? 0;
  let seed = 1;
  return Array.from({ length: 30_000 }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    const drawn = (seed / 2_147_483_647) * total;
    return cumulative.findIndex((sum) => sum >= drawn);
  });
}

const JWT = { suite: "jwt", variant: "tremula", against: "native" };

export const JWT_BUDGETS: readonly Budget[] = [
  { ...JWT, scenario: "repeated-rs256", against: "none", maxExtraMicros: 16 },
  { ...JWT, scenario: "repeated-rs256", maxRatio: 0.45 },
  { ...JWT, scenario: "distinct-rs256", maxExtraMicros: 25 },
  { ...JWT, scenario: "distinct-es256", maxExtraMicros: 25 },
  { ...JWT, scenario: "distinct-hs256", maxExtraMicros: 25 },
  { ...JWT, scenario: "distinct-ps256", maxExtraMicros: 120 },
  { ...JWT, scenario: "distinct-eddsa", maxExtraMicros: 300 },
];
