import { createHmac, sign, type KeyObject, type SignKeyObjectInput } from "node:crypto";
import type { Budget, Scenario, Variant } from "./types.js";
import { makeKeyPairSync } from "../key-pair.js";

const NONE: Variant = { name: "none" };
const ISSUER = "https://issuer.example";
const DAY_SECONDS = 86_400;
/** More than any cache in these scenarios holds, so that each token is a new one when its turn comes again. */
const DISTINCT_TOKENS = 3000;

/** Signs, and the public half as JWK. */
interface Signer {
  readonly alg: string;
  readonly jwk: object;
  sign(input: Buffer): Buffer;
}

type Options = Omit<SignKeyObjectInput, "key">;

function keyPair(
  alg: string,
  hash: string | null,
  pair: { publicKey: KeyObject; privateKey: KeyObject },
  options: Options = {},
) {
  return {
    alg,
    jwk: { ...pair.publicKey.export({ format: "jwk" }), kid: "bench", alg },
    sign: (input: Buffer) => sign(hash, input, { key: pair.privateKey, ...options }),
  };
}

function rsa(alg: string, modulusLength: number): Signer {
  const pss: Options = alg.startsWith("PS") ? { padding: 6, saltLength: Number(alg.slice(2)) / 8 } : {};
  return keyPair(alg, `sha${alg.slice(2)}`, makeKeyPairSync("rsa", { modulusLength }), pss);
}

function ec(alg: string, namedCurve: string): Signer {
  const pair = makeKeyPairSync("ec", { namedCurve });
  return keyPair(alg, `sha${alg.slice(2)}`, pair, { dsaEncoding: "ieee-p1363" });
}

function hmac(alg: string): Signer {
  const secret = Buffer.alloc(64, "tremula bench secret");
  return {
    alg,
    jwk: { kty: "oct", k: secret.toString("base64url"), kid: "bench", alg },
    sign: (input) =>
      createHmac(`sha${alg.slice(2)}`, secret)
        .update(input)
        .digest(),
  };
}

/** Made when a scenario is first used: keys take their time. */
const SIGNERS: Readonly<Record<string, () => Signer>> = {
  rs256: once(() => rsa("RS256", 2048)),
  "rs256-4096": once(() => rsa("RS256", 4096)),
  ps256: once(() => rsa("PS256", 2048)),
  es256: once(() => ec("ES256", "P-256")),
  es384: once(() => ec("ES384", "P-384")),
  es512: once(() => ec("ES512", "P-521")),
  eddsa: once(() => keyPair("EdDSA", null, makeKeyPairSync("ed25519"))),
  hs256: once(() => hmac("HS256")),
};

/** A token of about the size that identity providers give out. */
function token(signer: Signer, user: number): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: signer.alg, kid: "bench", typ: "JWT" };
  const payload = {
    iss: ISSUER,
    sub: `user-${user}`,
    aud: ["bench"],
    iat: now,
    exp: now + DAY_SECONDS,
    email: `user-${user}@example.com`,
    groups: ["readers", "writers", "on-call"],
    scope: "openid profile email",
  };
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${signer.sign(Buffer.from(signed)).toString("base64url")}`;
}

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

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
