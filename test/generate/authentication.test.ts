import { describe, expect, test } from "vitest";
import {
  translateAuthentications,
  validateAuthentication,
} from "../../harness/generate/request-authentication.js";
import { RequestAuthentication, resourcesOf } from "../../harness/resources/index.js";
import { generate } from "./rig.js";

const KEYS = '{"keys":[]}';
const named = (host: string, port: number) => `${host}:${port}`;

/** RequestAuthentications, each with rules in YAML's flow style. */
function authentications(...rules: string[]) {
  const documents = rules.map(
    (list, index) =>
      `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: a${index}}, spec: {jwtRules: [${list}]}}`,
  );
  const resources = resourcesOf(documents.join("\n---\n"));
  expect(resources.problems).toEqual([]);
  return resources.of(RequestAuthentication);
}

const rule = (issuer: string, more = "") => `{issuer: ${issuer}, jwks: '${KEYS}'${more}}`;
const translate = (...rules: string[]) => translateAuthentications(authentications(...rules), named)!;

describe("a RequestAuthentication", () => {
  test("with one rule asks for a good token or none", () => {
    expect(translate(rule("a")).configuration).toEqual({
      providers: {
        "origins-0": {
          issuer: "a",
          payload_in_metadata: "payload",
          normalize_payload_in_metadata: { space_delimited_claims: ["permission", "scope"] },
          local_jwks: { inline_string: KEYS },
        },
      },
      rules: [
        {
          match: { prefix: "/" },
          requires: {
            requires_any: { requirements: [{ provider_name: "origins-0" }, { allow_missing: {} }] },
          },
        },
      ],
      bypass_cors_preflight: true,
    });
  });

  test("with several takes a good one of any, and none in the places of the others", () => {
    const { configuration, origins } = translate(rule("b"), `${rule("c")}, ${rule("a")}`);
    const orNone = (name: string) => ({
      requires_any: { requirements: [{ provider_name: name }, { allow_missing: {} }] },
    });
    const names = ["origins-0", "origins-1", "origins-2"];
    expect(configuration["rules"]).toEqual([
      {
        match: { prefix: "/" },
        requires: {
          requires_any: {
            requirements: [
              ...names.map((provider_name) => ({ provider_name })),
              { requires_all: { requirements: names.map(orNone) } },
            ],
          },
        },
      },
    ]);
    // By issuer, whichever resource it is in.
    const issuers = Object.values(configuration["providers"] as Record<string, { issuer: string }>);
    expect(issuers.map(({ issuer }) => issuer)).toEqual(["a", "b", "c"]);
    expect(origins.map(({ authentication, rule }) => `${authentication.name} ${rule}`)).toEqual([
      "a1 1",
      "a0 0",
      "a1 0",
    ]);
  });

  test("says everything that Envoy's provider can", () => {
    const more =
      ", audiences: [x], fromHeaders: [{name: H, prefix: 'P '}, {name: I}], fromParams: [p], fromCookies: [c], " +
      "outputPayloadToHeader: o, forwardOriginalToken: true, outputClaimToHeaders: [{header: h, claim: a.b}], " +
      "spaceDelimitedClaims: [groups, scope]";
    const { configuration } = translate(rule("a", more));
    expect((configuration["providers"] as Record<string, unknown>)["origins-0"]).toEqual({
      issuer: "a",
      audiences: ["x"],
      forward: true,
      forward_payload_header: "o",
      payload_in_metadata: "payload",
      normalize_payload_in_metadata: { space_delimited_claims: ["groups", "permission", "scope"] },
      from_headers: [{ name: "H", value_prefix: "P " }, { name: "I" }],
      from_params: ["p"],
      from_cookies: ["c"],
      claim_to_headers: [{ header_name: "h", claim_name: "a.b" }],
      local_jwks: { inline_string: KEYS },
    });
  });

  test.for([
    ["https://i.example/keys", "i.example:443", true],
    ["http://i.example/keys", "i.example:80", false],
    ["https://i.example:8443/keys", "i.example:8443", true],
  ] as const)("fetches keys from %s", ([uri, cluster, isTls]) => {
    const { configuration, servers } = translate(`{issuer: a, jwksUri: "${uri}"}`);
    expect((configuration["providers"] as Record<string, unknown>)["origins-0"]).toMatchObject({
      remote_jwks: { http_uri: { uri, cluster, timeout: "5s" }, cache_duration: "300s" },
    });
    expect(servers).toEqual([expect.objectContaining({ uri, cluster, isTls })]);
  });

  test.for([
    ["1s", "1s"],
    ["500ms", "0.5s"],
    ["1m30s", "90s"],
    ["1h1m1.5s", "3661.5s"],
    [".25s", "0.25s"],
  ] as const)("waits %s for keys, in the words of Envoy %s", ([timeout, expected]) => {
    const spec = `{issuer: a, jwksUri: "https://i.example/keys", timeout: ${timeout}}`;
    expect(validateAuthentication(authentications(spec)[0]!)).toEqual([]);
    const { providers } = translate(spec).configuration as { providers: object };
    expect(providers).toMatchObject({
      "origins-0": { remote_jwks: { http_uri: { timeout: expected } } },
    });
  });

  test("takes texts with nothing in them for texts that are not there", () => {
    const more = ", jwksUri: '', outputPayloadToHeader: '', fromHeaders: [{name: h, prefix: ''}]";
    const [given] = authentications(rule("a", more));
    expect(validateAuthentication(given!)).toEqual([]);
    const { providers } = translate(rule("a", more)).configuration as { providers: object };
    expect(Object.values(providers)).toEqual([
      {
        issuer: "a",
        payload_in_metadata: "payload",
        normalize_payload_in_metadata: { space_delimited_claims: ["permission", "scope"] },
        from_headers: [{ name: "h" }],
        local_jwks: { inline_string: KEYS },
      },
    ]);
    const [withoutKeys] = authentications("{jwks: '', jwksUri: 'https://i.example/keys'}");
    expect(validateAuthentication(withoutKeys!)).toEqual([]);
    const byAddress = translate("{issuer: '', jwks: '', jwksUri: 'https://i.example/keys'}");
    expect(byAddress.servers).toHaveLength(1);
    expect(byAddress.configuration["providers"]).not.toHaveProperty("origins-0.issuer");
  });

  test("of the workload's namespace comes before one of the mesh with the same issuer, whichever is older", () => {
    const yaml = ["istio-system", "shop"]
      .map(
        (namespace, age) =>
          `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: a, namespace: ${namespace}, ` +
          `creationTimestamp: "202${age}-01-01T00:00:00Z"}, spec: {jwtRules: [${rule("a", `, outputPayloadToHeader: ${namespace}`)}]}}`,
      )
      .join("\n---\n");
    const { text } = generate(yaml, "envoy", { namespace: "shop" });
    expect(text).toMatch(/origins-0[^]*"forward_payload_header": "shop"[^]*origins-1[^]*"istio-system"/);
  });

  test("takes keys that are given in place of an address, or of an issuer's", () => {
    const yaml = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: a }
spec: { jwtRules: [{ issuer: a, jwksUri: "https://a/k" }, { issuer: b }] }
`;
    const keys = new Map([
      ["https://a/k", '{"keys":[1]}'],
      ["b", '{"keys":[2]}'],
    ]);
    const { text } = generate(yaml, "envoy", { keys });
    expect(text).toContain(String.raw`"inline_string": "{\"keys\":[1]}"`);
    expect(text).toContain(String.raw`"inline_string": "{\"keys\":[2]}"`);
    expect(text).not.toContain("remote_jwks");
  });
});

describe("Istio refuses", () => {
  test.for([
    ["{}", /^issuer: neither an issuer/],
    ["{issuer: a, audiences: ['']}", /^audiences: an empty/],
    ["{issuer: a, jwksUri: ftp://a}", /^jwksUri: keys are fetched by/],
    ["{issuer: a, jwksUri: nonsense}", /^jwksUri: .* no URL/],
    ["{issuer: a, jwks: x}", /^jwks: is no JSON/],
    ["{issuer: a, jwks: '{}'}", /^jwks: is no set/],
    ["{issuer: a, jwks: '{\"keys\": [1]}'}", /^jwks: .* a key is an object/],
    ["{issuer: a, outputClaimToHeaders: [{header: 'a b', claim: c}]}", /^outputClaimToHeaders/],
    ["{issuer: a, timeout: soon}", /^timeout/],
    ["{issuer: a, timeout: 0s}", /^timeout/],
    ["{issuer: a, timeout: 1us}", /^timeout/],
    ["{issuer: a, timeout: 1.0005s}", /^timeout/],
    ["{issuer: a, timeout: '10'}", /^timeout/],
  ] as const)("%s", ([text, problem]) => {
    const found = validateAuthentication(authentications(text)[0]!);
    expect(found.map(({ path, message }) => `${path.slice(2).join(".")}: ${message}`)).toEqual([
      expect.stringMatching(problem),
    ]);
  });

  test("it says nothing of secrets in a set of keys, and this does", () => {
    const yaml = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: a }
spec: { jwtRules: [{ issuer: a, jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}' }] }
`;
    expect(generate(yaml, "envoy").journal.explain()).toMatch(
      /jwtRules\[0\]\.jwks holds a private key or a secret/,
    );
  });
});
