import fc from "fast-check";
import { KEYS } from "./keys.js";

/** A configuration of the native filter. */
export interface Configuration {
  readonly providers: Readonly<Record<string, object>>;
  readonly rules: readonly object[];
  readonly bypass_cors_preflight?: boolean;
  readonly strip_failure_response?: boolean;
}

const jwks = fc
  .array(
    fc.record({
      key: fc.constantFrom(...KEYS),
      kid: fc.constantFrom("k1", "k2", null, null),
      alg: fc.constantFrom(true, false),
    }),
    { minLength: 2, maxLength: 7 },
  )
  .map((entries) => ({
    keys: entries.map(({ key, kid, alg }) => ({
      ...key.jwk,
      ...(kid !== null && { kid }),
      ...(alg && { alg: key.algs[0] }),
    })),
  }));

/** All keys, in most configurations, so that most tokens can be good. */
const everyKey = fc.constant({ keys: KEYS.map(({ jwk }) => jwk) });

const locations = fc.constantFrom<object>(
  {},
  {},
  { from_headers: [{ name: "h1" }] },
  { from_headers: [{ name: "h1", value_prefix: "tok " }, { name: "h2" }] },
  {
    from_headers: [{ name: "authorization", value_prefix: "Bearer " }],
    from_params: ["q"],
    from_cookies: ["c"],
  },
  { from_params: ["access_token", "q"] },
  { from_cookies: ["c"] },
);

function provider(issuer: string): fc.Arbitrary<object> {
  return fc
    .record({
      jwks: fc.oneof({ weight: 3, arbitrary: everyKey }, { weight: 1, arbitrary: jwks }),
      locations,
      audiences: fc.constantFrom<string[]>([], [], ["x"], ["http://x", "y/"]),
      forward: fc.boolean(),
      outputs: fc.constantFrom<object>(
        {},
        { forward_payload_header: "x-payload" },
        { forward_payload_header: "x-payload", pad_forward_payload_header: true },
        {
          claim_to_headers: [
            { header_name: "x-sub", claim_name: "sub" },
            { header_name: "x-n", claim_name: "n" },
            { header_name: "x-deep", claim_name: "n.deep" },
          ],
        },
      ),
      limits: fc.constantFrom<object>(
        {},
        {},
        { require_expiration: true },
        { max_lifetime: "600s" },
        { clock_skew_seconds: 5 },
        { subjects: { prefix: "s" } },
        { jwt_cache_config: {} },
      ),
    })
    .map(({ jwks: keys, locations: where, audiences, forward, outputs, limits }) => ({
      ...(issuer !== "" && { issuer }),
      local_jwks: { inline_string: JSON.stringify(keys) },
      ...(audiences.length > 0 && { audiences }),
      forward,
      ...where,
      ...outputs,
      ...limits,
    }));
}

const leaf = fc.constantFrom<object>(
  { provider_name: "a" },
  { provider_name: "b" },
  { provider_and_audiences: { provider_name: "a", audiences: ["y"] } },
);
const bypass = fc.constantFrom<object>({ allow_missing: {} }, { allow_missing_or_failed: {} });
const { requirement } = fc.letrec<{ requirement: object; group: object }>((tie) => ({
  group: fc
    .tuple(
      fc.constantFrom("requires_any", "requires_all"),
      fc.array(
        fc.oneof(
          { weight: 3, arbitrary: leaf },
          { weight: 1, arbitrary: bypass },
          { weight: 1, arbitrary: tie("requirement") },
        ),
        {
          minLength: 2,
          maxLength: 3,
        },
      ),
    )
    .map(([kind, requirements]) => ({ [kind]: { requirements } })),
  requirement: fc.oneof(
    { depthSize: "small" },
    leaf,
    leaf,
    bypass,
    fc.constant({ extract_only_without_validation: {} }),
    tie("group"),
    tie("group"),
  ),
}));

const match = fc.constantFrom<object>(
  { prefix: "/" },
  { prefix: "/p1" },
  { path: "/p1" },
  { path_separated_prefix: "/p1" },
  { safe_regex: { regex: "/p[12].*" } },
  { prefix: "/p1", case_sensitive: false },
);

/**
 * No two providers have one issuer, and where requirements look at tokens of all providers each has one: native otherwise
 * takes one provider or the other, and not always the same.
 */
export const configuration: fc.Arbitrary<Configuration> = fc
  .array(
    fc
      .record({ match, requires: requirement })
      .chain((rule) => fc.constantFrom<object>(rule, rule, rule, { match: rule.match })),
    { minLength: 1, maxLength: 2 },
  )
  .chain((rules) => {
    const anyIssuer = !/allow_missing|extract_only/.test(JSON.stringify(rules));
    return fc.record({
      providers: fc.record({
        a: provider("A"),
        b: fc.constantFrom("B", "B", anyIssuer ? "" : "B").chain(provider),
      }),
      rules: fc.constant(rules),
      bypass_cors_preflight: fc.boolean(),
      strip_failure_response: fc.constantFrom(false, false, true),
    });
  });
