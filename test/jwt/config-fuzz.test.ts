// A configuration comes from people and control planes: whatever it is, it is read or refused in one line, without a trap.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { HTTP_URI, JWKS } from "./refused-configurations.js";
import { loadUnit, type Unit } from "../unit-module.js";

const TIMEOUT_MS = 120_000;
const RUNS = 10_000;

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("jwt-config");
});

const CONFIGURATION = {
  providers: {
    p: {
      issuer: "i",
      audiences: ["https://a/"],
      subjects: { prefix: "s" },
      max_lifetime: "3600s",
      local_jwks: { inline_string: JWKS },
      from_headers: [{ name: "x-jwt", value_prefix: "JWT " }],
      from_params: ["t"],
      claim_to_headers: [{ header_name: "x-sub", claim_path: [{ key: "sub" }] }],
      jwt_cache_config: { jwt_cache_size: 10 },
    },
    q: {
      remote_jwks: {
        http_uri: HTTP_URI,
        cache_duration: "300s",
        async_fetch: { failed_refetch_duration: "2s" },
        retry_policy: { num_retries: 2, retry_back_off: { base_interval: "0.1s", max_interval: "2s" } },
      },
    },
  },
  requirement_map: { r: { provider_and_audiences: { provider_name: "p", audiences: ["b"] } } },
  rules: [
    { match: { path: "/x", headers: [{ name: "a", string_match: { exact: "b" } }] }, requirement_name: "r" },
    {
      match: { prefix: "/" },
      requires: { requires_any: { requirements: [{ provider_name: "p" }, { provider_name: "q" }] } },
    },
  ],
  filter_state_rules: { name: "n", requires: { v: { allow_missing: {} } } },
};

/** Every object and list of a value, itself included. */
function containers(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(containers)];
}

/** Some members replaced, or taken from elsewhere. */
const changed = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.nat())), {
    minLength: 1,
    maxLength: 3,
  })
  .map((changes) => {
    const configuration = structuredClone(CONFIGURATION);
    for (const [where, which, what] of changes) {
      const all = containers(configuration);
      const container = all[where % all.length]!;
      const names = Object.keys(container);
      if (names.length === 0) continue;
      const copied = typeof what === "number" ? structuredClone(all[what % all.length]) : what;
      container[names[which % names.length]!] = copied;
    }
    return JSON.stringify(configuration);
  });

/** Some octets replaced. */
const damaged = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }).map((changes) => {
  const octets = Buffer.from(JSON.stringify(CONFIGURATION));
  for (const [at, octet] of changes) octets[at % octets.length] = octet;
  return octets;
});

test(
  `${RUNS} configurations`,
  () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(changed, damaged), (configuration) => {
        unit.log.length = 0;
        unit.give(configuration);
        if (unit.text(unit.call.read!()) !== "null") accepted++;
        else {
          expect(unit.log).toHaveLength(1);
          expect(unit.log[0]).toMatch(/^\$[^\n]*$/);
        }
      }),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(RUNS / 100);
    expect(accepted).toBeLessThan(RUNS);
  },
  TIMEOUT_MS,
);
