// What the configuration of the JWT filter means, field by field. Defaults and limits are those of the native filter of
// Envoy 1.40.0, asked with `--mode validate` and real JWKS servers.
import { beforeAll, describe, expect, test } from "vitest";
import { OCT } from "./key-material.js";
import { HTTP_URI, inProvider, JWKS, LOCAL, local, REFUSED, TWO } from "./refused-configurations.js";
import { type HostCall, loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("jwt-config");
});

type Json = Readonly<Record<string, unknown>>;

/** What the fixture prints. */
interface Printed extends Json {
  readonly rules: readonly unknown[];
  readonly providers: readonly (Json & { readonly remote?: Json })[];
}

function read(configuration: unknown): Printed {
  unit.log.length = 0;
  unit.give(typeof configuration === "string" ? configuration : JSON.stringify(configuration));
  const text = unit.text(unit.call.read!());
  expect(unit.log.join("\n")).toBe("");
  return JSON.parse(text) as Printed;
}

const provider = (fields: Json, more: Json = {}) =>
  read({ providers: { p: { ...LOCAL, ...fields } }, ...more }).providers[0]!;
const remote = (fields: Json, more: Json = {}) =>
  read({ providers: { p: { remote_jwks: { http_uri: HTTP_URI, ...fields } } }, ...more }).providers[0]!
    .remote!;
const requirement = (requires: unknown) =>
  read({ ...TWO, rules: [{ match: { prefix: "/" }, requires }] }).rules[0];

describe("the whole", () => {
  test("nothing at all", () => {
    expect(read("")).toEqual({
      mode: 0,
      verifier: 0,
      providers: [],
      rules: [],
      names: [],
      values: [],
      bypass: false,
      strip: false,
      statPrefix: "",
    });
  });

  test("flags and names", () => {
    expect(
      read({
        mode: "envoy",
        verifier: "own",
        bypass_cors_preflight: true,
        strip_failure_response: true,
        stat_prefix: "edge",
        route_metadata_namespace: "jwt",
      }),
    ).toMatchObject({
      mode: 1,
      verifier: 2,
      bypass: true,
      strip: true,
      statPrefix: "edge",
      routeMetadata: "jwt",
    });
    expect(read({ verifier: "host" }).verifier).toBe(1);
    expect(read({ mode: "strict", verifier: "auto" })).toMatchObject({ mode: 0, verifier: 0 });
  });

  test("lowerCamelCase is as good", () => {
    const configuration = read({
      providers: {
        p: {
          localJwks: { inlineString: JWKS },
          clockSkewSeconds: 5,
          fromHeaders: [{ name: "x-jwt", valuePrefix: "JWT " }],
          claimToHeaders: [{ headerName: "x-sub", claimName: "sub" }],
        },
      },
      requirementMap: { r: { providerName: "p" } },
      stripFailureResponse: true,
    });
    expect(configuration).toMatchObject({ strip: true, names: ["r"], values: [{ kind: 0, provider: 0 }] });
    expect(configuration.providers[0]).toMatchObject({
      clockSkew: 5,
      locations: ["header x-jwt JWT "],
      claims: [{ header: "x-sub", path: ["sub"] }],
    });
  });

  test("what Istio makes of a RequestAuthentication with two rules", () => {
    const istio = (issuer: string, audiences: string[]) => ({
      issuer,
      audiences,
      payloadInMetadata: "payload",
      localJwks: { inlineString: JWKS },
      forward: true,
      normalizePayloadInMetadata: { spaceDelimitedClaims: ["permission", "scope"] },
    });
    const one = (providerName: string) => ({
      requiresAny: { requirements: [{ providerName }, { allowMissing: {} }] },
    });
    const configuration = read({
      providers: { "origins-0": istio("a", ["x"]), "origins-1": istio("b", []) },
      rules: [
        {
          match: { prefix: "/" },
          requires: {
            requiresAny: {
              requirements: [
                { providerName: "origins-0" },
                { providerName: "origins-1" },
                { requiresAll: { requirements: [one("origins-0"), one("origins-1")] } },
              ],
            },
          },
        },
      ],
      bypassCorsPreflight: true,
    });
    expect(configuration.bypass).toBe(true);
    expect(configuration.providers[1]).toMatchObject({
      index: 1,
      name: "origins-1",
      payloadKey: "payload",
      forward: true,
      spaceDelimited: ["permission", "scope"],
    });
    const pair = (index: number) => ({
      kind: 2,
      provider: -1,
      children: [
        { kind: 0, provider: index },
        { kind: 5, provider: -1 },
      ],
    });
    expect(configuration.rules).toEqual([
      {
        kind: 2,
        provider: -1,
        children: [
          { kind: 0, provider: 0 },
          { kind: 0, provider: 1 },
          { kind: 3, provider: -1, children: [pair(0), pair(1)] },
        ],
      },
    ]);
  });

  test("ten thousand providers and rules take less than a second", () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `p${i}`);
    const text = JSON.stringify({
      providers: Object.fromEntries(names.map((name) => [name, { remote_jwks: { http_uri: HTTP_URI } }])),
      rules: names.map((provider_name) => ({ match: { prefix: "/" }, requires: { provider_name } })),
    });
    unit.give(text);
    const start = performance.now();
    unit.give("p9999", 1);
    unit.call.lookUp!();
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("a provider", () => {
  test("defaults", () => {
    expect(provider({})).toEqual({
      index: 0,
      name: "p",
      issuer: "",
      audiences: [],
      subjects: false,
      requireExpiration: false,
      maxLifetime: -1,
      clockSkew: 60,
      local: JWKS,
      forward: false,
      locations: ["header authorization Bearer ", "parameter access_token "],
      padPayload: false,
      clearRouteCache: false,
      payloadKey: "",
      headerKey: "",
      failedKey: "",
      spaceDelimited: [],
      claims: [],
    });
  });

  test.each<[string, Json, Json]>([
    ["issuer", { issuer: "i" }, { issuer: "i" }],
    ["require_expiration", { require_expiration: true }, { requireExpiration: true }],
    ["max_lifetime", { max_lifetime: "3600s" }, { maxLifetime: 3600 }],
    ["max_lifetime in part of a second", { max_lifetime: "1.999s" }, { maxLifetime: 1 }],
    ["max_lifetime of nothing", { max_lifetime: "0s" }, { maxLifetime: 0 }],
    ["clock_skew_seconds", { clock_skew_seconds: 5 }, { clockSkew: 5 }],
    ["clock_skew_seconds 0", { clock_skew_seconds: 0 }, { clockSkew: 60 }],
    ["clock_skew_seconds in quotes", { clock_skew_seconds: "7" }, { clockSkew: 7 }],
    ["forward", { forward: true }, { forward: true }],
    ["forward_payload_header", { forward_payload_header: "X-Payload" }, { payloadHeader: "x-payload" }],
    ["pad_forward_payload_header", { pad_forward_payload_header: true }, { padPayload: true }],
    ["clear_route_cache", { clear_route_cache: true }, { clearRouteCache: true }],
    ["payload_in_metadata", { payload_in_metadata: "a" }, { payloadKey: "a" }],
    ["header_in_metadata", { header_in_metadata: "b" }, { headerKey: "b" }],
    ["failed_status_in_metadata", { failed_status_in_metadata: "c" }, { failedKey: "c" }],
    [
      "normalize_payload_in_metadata",
      { normalize_payload_in_metadata: { space_delimited_claims: ["scope", "x"] } },
      { spaceDelimited: ["scope", "x"] },
    ],
    ["jwt_cache_config", { jwt_cache_config: {} }, { cacheSize: 100, maxTokenSize: 4096 }],
    [
      "jwt_cache_config of nothing",
      { jwt_cache_config: { jwt_cache_size: 0, jwt_max_token_size: 0 } },
      { cacheSize: 100, maxTokenSize: 4096 },
    ],
    [
      "jwt_cache_config with limits",
      { jwt_cache_config: { jwt_cache_size: 7, jwt_max_token_size: 8 } },
      { cacheSize: 7, maxTokenSize: 8 },
    ],
    [
      "a name in audiences",
      { audiences: ["https://a/", "http://b", "c/", "d"] },
      { audiences: ["a", "b", "c", "d"] },
    ],
    ["null", { issuer: null, clock_skew_seconds: null }, { issuer: "", clockSkew: 60 }],
  ])("%s", (_, fields, expected) => {
    expect(provider(fields)).toMatchObject(expected);
  });

  test("from_headers, from_params and from_cookies take the place of the defaults, headers first", () => {
    const fields = {
      from_cookies: ["Session", ""],
      from_params: ["Token"],
      from_headers: [{ name: "X-Jwt" }, { name: "authorization", value_prefix: "Token " }],
    };
    expect(provider(fields).locations).toEqual([
      "header x-jwt ",
      "header authorization Token ",
      "parameter Token ",
      "cookie Session ",
      "cookie  ",
    ]);
  });

  test("claim_to_headers by name, nested name and path", () => {
    const claim_to_headers = [
      { header_name: "X-A", claim_name: "a" },
      { header_name: "x-b", claim_name: "a.b..c" },
      { header_name: "x-c", claim_path: [{ key: "a.b" }, { key: "c" }] },
    ];
    expect(provider({ claim_to_headers }).claims).toEqual([
      { header: "x-a", path: ["a"] },
      { header: "x-b", path: ["a", "b", "", "c"] },
      { header: "x-c", path: ["a.b", "c"] },
    ]);
  });

  test("subjects", () => {
    const subjects = (value: string) => {
      unit.give(JSON.stringify({ providers: { p: { ...LOCAL, subjects: { exact: "alice" } } } }));
      unit.give(value, 1);
      return unit.call.matchesSubject!();
    };
    expect([subjects("alice"), subjects("bob")]).toEqual([1, 0]);
  });

  test.each([
    ["https://", ""],
    ["http:///", ""],
    ["https:/", "https:"],
    ["a//", "a/"],
    ["HTTP://b", "HTTP://b"],
    ["http://https://c/", "https://c"],
    ["/", ""],
    ["", ""],
  ])("the audience %s is compared as %s", (audience, expected) => {
    unit.give(audience);
    expect(unit.text(unit.call.audience!())).toBe(expected);
  });
});

describe("keys", () => {
  test("inline_bytes", () => {
    const inline_bytes = Buffer.from(JWKS).toString("base64");
    expect(read({ providers: { p: { local_jwks: { inline_bytes } } } }).providers[0]!.local).toBe(JWKS);
    const urlSafe = Buffer.from(JWKS).toString("base64url");
    expect(read({ providers: { p: { local_jwks: { inline_bytes: urlSafe } } } }).providers[0]!.local).toBe(
      JWKS,
    );
  });

  test("environment_variable", async () => {
    const withEnvironment = await loadUnit("jwt-config", environment({ OTHER: "x", KEYS: JWKS }));
    withEnvironment.give('{"providers":{"p":{"local_jwks":{"environment_variable":"KEYS"}}}}');
    const read = JSON.parse(withEnvironment.text(withEnvironment.call.read!())) as Printed;
    expect(read.providers[0]!.local).toBe(JWKS);
    expect(withEnvironment.log).toEqual([]);
  });

  test("no octets, in the native filter's mode", () => {
    expect(
      read({ mode: "envoy", providers: { p: { local_jwks: { inline_string: "" } } } }).providers[0]!.local,
    ).toBe("");
  });

  test("remote_jwks by default", () => {
    expect(remote({})).toEqual({
      cluster: "keys",
      authority: "keys.example",
      path: "/jwks?a=1",
      timeout: 5000,
      cacheDuration: 600_000,
      asyncFetch: false,
      fastListener: false,
      failedRefetch: 1000,
      retries: 0,
      backoffBase: 1000,
      backoffMax: 10_000,
      refetchInterval: 30_000,
      maxBytes: 262_144,
    });
    expect(remote({}, { mode: "envoy" }).refetchInterval).toBe(0);
  });

  test.each<[string, Json, Json]>([
    ["cache_duration", { cache_duration: "300s" }, { cacheDuration: 300_000 }],
    ["the shortest cache_duration", { cache_duration: "0.001s" }, { cacheDuration: 1 }],
    ["async_fetch", { async_fetch: {} }, { asyncFetch: true, fastListener: false, failedRefetch: 1000 }],
    [
      "async_fetch with both",
      { async_fetch: { fast_listener: true, failed_refetch_duration: "2.5s" } },
      { asyncFetch: true, fastListener: true, failedRefetch: 2500 },
    ],
    ["retry_policy", { retry_policy: {} }, { retries: 1, backoffBase: 1000, backoffMax: 10_000 }],
    ["num_retries", { retry_policy: { num_retries: 4 } }, { retries: 4 }],
    [
      "retry_back_off",
      { retry_policy: { retry_back_off: { base_interval: "0.2s" } } },
      { retries: 1, backoffBase: 200, backoffMax: 2000 },
    ],
    [
      "max_interval",
      { retry_policy: { retry_back_off: { base_interval: "0.2s", max_interval: "0.3s" } } },
      { backoffBase: 200, backoffMax: 300 },
    ],
    [
      "what the native filter does not heed either",
      { retry_policy: { retry_on: "reset", host_selection_retry_max_attempts: 3 } },
      { retries: 1 },
    ],
    ["unknown_kid_refetch_interval", { unknown_kid_refetch_interval: "5s" }, { refetchInterval: 5000 }],
    ["no refetch", { unknown_kid_refetch_interval: "0s" }, { refetchInterval: 0 }],
    ["max_jwks_bytes", { max_jwks_bytes: 1000 }, { maxBytes: 1000 }],
  ])("%s", (_, fields, expected) => {
    expect(remote(fields)).toMatchObject(expected);
  });

  test("0s between failed fetches, in the native filter's mode", () => {
    const fields = { async_fetch: { failed_refetch_duration: "0s" } };
    expect(remote(fields, { mode: "envoy" }).failedRefetch).toBe(0);
  });

  test.each([
    ["http://a", "a /"],
    ["https://a:8443/b/c?d=e#f", "a:8443 /b/c?d=e#f"],
    ["HTTP://user:p@H.Example:80/%41", "user:p@H.Example:80 /%41"],
    ["http://[::1]:80/x", "[::1]:80 /x"],
    ["http://a?b", "a?b /"],
    ["h+t://a/", "a /"],
    ["http://a:0/", "a:0 /"],
    ['http://a/?q="<>', 'a /?q="<>'],
  ])("the URI %s", (uri, expected) => {
    unit.give(uri);
    expect(unit.text(unit.call.uri!())).toBe(expected);
  });

  // Each is refused by `envoy --mode validate` of 1.40.0 too.
  test.each([
    ..."|foo|/foo|http://|http:a/b|//a/b|://a/|mailto:x|*|http://a b/|http://a/b c|http://é/|http://a/é".split(
      "|",
    ),
    ..."http://a#b|http://a:b/|http://a:99999/x|http://a:/x|http://[::1/|http://[zz]/|http://[]/|http://a_b/".split(
      "|",
    ),
    ..."http:///x|http://a@b@c/| http://a/|http://a/ |http://a\\b/|http://a/\u0001|http://a/\u007f|http://a/\n".split(
      "|",
    ),
  ])("no URI: %j", (uri) => {
    unit.give(uri);
    expect(unit.text(unit.call.uri!())).toBe("null");
  });
});

describe("requirements", () => {
  test.each<[string, unknown, Json]>([
    ["provider_name", { provider_name: "q" }, { kind: 0, provider: 1 }],
    [
      "provider_and_audiences",
      { provider_and_audiences: { provider_name: "q", audiences: ["https://a/", "b"] } },
      { kind: 1, provider: 1, audiences: ["a", "b"] },
    ],
    // Then they are the provider's own.
    [
      "provider_and_audiences without any",
      { provider_and_audiences: { provider_name: "q" } },
      { kind: 1, provider: 1 },
    ],
    [
      "requires_any",
      { requires_any: { requirements: [{ provider_name: "p" }, { provider_name: "q" }] } },
      {
        kind: 2,
        provider: -1,
        children: [
          { kind: 0, provider: 0 },
          { kind: 0, provider: 1 },
        ],
      },
    ],
    [
      "requires_all",
      { requires_all: { requirements: [{ provider_name: "p" }, { allow_missing: {} }] } },
      {
        kind: 3,
        provider: -1,
        children: [
          { kind: 0, provider: 0 },
          { kind: 5, provider: -1 },
        ],
      },
    ],
    ["allow_missing_or_failed", { allow_missing_or_failed: {} }, { kind: 4, provider: -1 }],
    ["allow_missing", { allow_missing: {} }, { kind: 5, provider: -1 }],
    [
      "extract_only_without_validation",
      { extract_only_without_validation: {} },
      { kind: 6, provider: -1, statusHeader: "x-jwt-signature-verified" },
    ],
    [
      "verification_status_header",
      { extract_only_without_validation: { verification_status_header: "X-Status" } },
      { kind: 6, provider: -1, statusHeader: "x-status" },
    ],
    ["nothing", {}, { kind: 7, provider: -1 }],
    [
      "nothing as an alternative",
      { requires_any: { requirements: [{}, { provider_name: "p" }] } },
      {
        kind: 2,
        provider: -1,
        children: [
          { kind: 7, provider: -1 },
          { kind: 0, provider: 0 },
        ],
      },
    ],
  ])("%s", (_, requires, expected) => {
    expect(requirement(requires)).toEqual(expected);
  });

  test("32 levels, and no more", () => {
    const nested = (levels: number) => {
      let inner: unknown = { provider_name: "p" };
      for (let i = 0; i < levels; i++)
        inner = { requires_all: { requirements: [inner, { provider_name: "q" }] } };
      return { ...TWO, rules: [{ match: { prefix: "/" }, requires: inner }] };
    };
    expect(read(nested(32)).rules).toHaveLength(1);
    expect(refusal(nested(33))).toBe("$.rules[0].requires: is nested more than 32 levels deep");
  });

  test("a rule without one, by name, and the names", () => {
    const configuration = {
      ...TWO,
      requirement_map: { r: { provider_name: "q" }, "": { allow_missing: {} } },
      rules: [{ match: { prefix: "/a" } }, { match: { prefix: "/b" }, requirement_name: "r" }],
    };
    expect(read(configuration)).toMatchObject({
      names: ["r", ""],
      values: [
        { kind: 0, provider: 1 },
        { kind: 5, provider: -1 },
      ],
      rules: [null, { kind: 0, provider: 1 }],
    });
    const lookUp = (name: string) => {
      unit.give(JSON.stringify(configuration));
      unit.give(name, 1);
      return unit.call.lookUp!();
    };
    expect([lookUp("r"), lookUp(""), lookUp("s")]).toEqual([1, -1, -2]);
  });

  test("filter_state_rules", () => {
    const configuration = {
      ...TWO,
      filter_state_rules: {
        name: "jwt.selector",
        requires: { a: { provider_name: "p" }, b: { provider_name: "q" } },
      },
    };
    expect(read(configuration)).toMatchObject({
      state: "jwt.selector",
      stateValues: ["a", "b"],
      stateRequirements: [
        { kind: 0, provider: 0 },
        { kind: 0, provider: 1 },
      ],
    });
    const find = (value: string) => {
      unit.give(JSON.stringify(configuration));
      unit.give(value, 1);
      return unit.call.findState!();
    };
    expect([find("a"), find("b"), find("c")]).toEqual([0, 1, -2]);
  });
});

/** What is wrong with a configuration: one line. */
function refusal(configuration: unknown): string {
  unit.log.length = 0;
  unit.give(typeof configuration === "string" ? configuration : JSON.stringify(configuration));
  expect(unit.text(unit.call.read!())).toBe("null");
  expect(unit.log).toHaveLength(1);
  return unit.log[0]!.replace(/ \(byte \d+\)$/, "");
}

describe("errors", () => {
  test.each(REFUSED.map(([configuration, error]) => [error, configuration] as const))(
    "%s",
    (expected, configuration) => {
      if (typeof expected === "string") expect(refusal(configuration)).toBe(expected);
      else expect(refusal(configuration)).toMatch(expected);
    },
  );

  test("what the native filter lets pass, its mode does", () => {
    const fields = {
      from_headers: [{ name: "a b" }, { name: ":path" }],
      forward_payload_header: "x-envoy-a",
    };
    expect(read(inProvider(fields, { mode: "envoy" })).providers[0]).toMatchObject({
      locations: ["header a b ", "header :path "],
      payloadHeader: "x-envoy-a",
    });
  });

  test("keys that are not used are logged, once each", () => {
    unit.log.length = 0;
    const keys = [{ kty: "X", kid: 'a"\n' }, OCT, { kty: "oct", k: "AA" }];
    unit.give(JSON.stringify(local({ inline_string: JSON.stringify({ keys }) })));
    expect((JSON.parse(unit.text(unit.call.read!())) as Printed).providers).toHaveLength(1);
    expect(unit.log).toEqual([
      'provider p: key 0 (kid "a??") is not used: [kty] is not supported in [keys]',
      "provider p: key 2 is not used: a secret shorter than the digest",
    ]);
  });
});

/** The WASI calls that give a module its environment. */
function environment(variables: Readonly<Record<string, string>>): Readonly<Record<string, HostCall>> {
  const entries = Object.entries(variables).map(([name, value]) => Buffer.from(`${name}=${value}\0`));
  const octets = Buffer.concat(entries);
  return {
    environ_sizes_get: (memory, _, count, size) => {
      new DataView(memory.buffer).setUint32(count, entries.length, true);
      new DataView(memory.buffer).setUint32(size, octets.length, true);
      return 0;
    },
    environ_get: (memory, _, pointers, to) => {
      let at = to;
      entries.forEach((entry, i) => {
        new DataView(memory.buffer).setUint32(pointers + 4 * i, at, true);
        at += entry.length;
      });
      new Uint8Array(memory.buffer).set(octets, to);
      return 0;
    },
  };
}
