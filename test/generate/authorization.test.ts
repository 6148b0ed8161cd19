import { describe, expect, test } from "vitest";
import { translatePolicies, type Policy } from "../../harness/generate/authorization/policies.js";
import { validatePolicy } from "../../harness/generate/authorization/validate.js";
import { withAliases } from "../../harness/generate/authorization/trust-domain.js";
import {
  cidrRange,
  namespaceMatcher,
  pathPermission,
  principalMatcher,
  serviceAccountMatcher,
  trustDomainMatcher,
} from "../../harness/generate/authorization/values.js";
import { requestPrincipal } from "../../harness/generate/authorization/claims.js";
import { AuthorizationPolicy, resourcesOf } from "../../harness/resources/index.js";

const MESH = { trustDomain: "cluster.local", aliases: [] };

/** A policy with a spec in YAML's flow style. */
function policy(spec: string, more = ""): Policy {
  const text = `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: ns1${more}}, spec: ${spec}}`;
  const resources = resourcesOf(text);
  expect(resources.problems).toEqual([]);
  return resources.of(AuthorizationPolicy)[0]!;
}

const problemsOf = (spec: string) =>
  validatePolicy(policy(spec)).map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("values", () => {
  test.for([
    ["cert-manager.io", "spiffe://.+/ns/ns1/(.+/|)sa/cert-manager\\.io(/.+)?"],
    ["other/a", "spiffe://.+/ns/other/(.+/|)sa/a(/.+)?"],
  ])("the service account %s: a dot is a dot", ([account, regex]) => {
    expect(serviceAccountMatcher(account!, "ns1")).toEqual({ safe_regex: { regex } });
  });

  test("a namespace's dot is a dot, and its asterisk any text", () => {
    expect(namespaceMatcher("a.b*")).toEqual({ safe_regex: { regex: ".*/ns/a\\.b.*/.*" } });
  });

  test.for([
    ["*", { safe_regex: { regex: ".+" } }],
    ["td/*", { prefix: "spiffe://td/" }],
    ["*/sa/x", { safe_regex: { regex: "spiffe://.*/sa/x" } }],
    ["td/ns/a/sa/b", { exact: "spiffe://td/ns/a/sa/b" }],
  ] as const)("the principal %s", ([value, matcher]) => expect(principalMatcher(value)).toEqual(matcher));

  test("a trust domain ends where its name does", () => {
    expect(trustDomainMatcher("td")).toEqual({ prefix: "spiffe://td/" });
    const { regex } = (trustDomainMatcher("*.example") as { safe_regex: { regex: string } }).safe_regex;
    const whole = new RegExp(`^(?:${regex})$`);
    expect(whole.test("spiffe://east.example/ns/a/sa/b")).toBe(true);
    expect(whole.test("spiffe://evil/ns/east.example/sa/b")).toBe(false);
    expect(whole.test("spiffe://eastXexample/ns/a/sa/b")).toBe(false);
  });

  test.for([
    ["10.0.0.1", { address_prefix: "10.0.0.1", prefix_len: 32 }],
    ["10.0.0.0/8", { address_prefix: "10.0.0.0", prefix_len: 8 }],
    ["fd00::1", { address_prefix: "fd00::1", prefix_len: 128 }],
    ["::/0", { address_prefix: "::", prefix_len: 0 }],
  ] as const)("the range %s", ([text, range]) => expect(cidrRange(text)).toEqual(range));

  test("a path template keeps its wildcards apart", () => {
    expect(JSON.stringify(pathPermission("/a/{*}/{**}"))).toContain('"path_template":"/a/*/**"');
  });

  test.for([
    ["https://i.example/a", "https://i.example", "a"],
    ["https://i.example/a*", "https://i.example", "prefix a"],
    ["*/a", "any", "a"],
    ["*.example/a", "suffix .example", "a"],
    ["no-slash", "no-slash", ""],
  ])("the request principal %s is of %s and %s", ([value, issuer, subject]) => {
    const { and_ids: ids } = requestPrincipal([value!]) as { and_ids: { ids: unknown[] } };
    const texts = JSON.stringify(ids).matchAll(/"string_match":\{"(\w+)":(?:"([^"]*)"|\{"regex":"\.\+"\})/g);
    const words = [...texts].map(([, kind, text]) =>
      kind === "safe_regex" ? "any" : kind === "exact" ? text : `${kind} ${text}`,
    );
    expect(words).toEqual([issuer, subject]);
  });
});

describe("trust domains", () => {
  const domains = { trustDomain: "new", aliases: ["old-a", "old-b"] };

  test.for([
    ["old-a/ns/x/sa/y", ["new/ns/x/sa/y", "old-a/ns/x/sa/y", "old-b/ns/x/sa/y"]],
    ["cluster.local/ns/x/sa/y", ["new/ns/x/sa/y", "old-a/ns/x/sa/y", "old-b/ns/x/sa/y"]],
    ["old-*/ns/x/sa/y", ["new/ns/x/sa/y", "old-a/ns/x/sa/y", "old-b/ns/x/sa/y"]],
    ["*-a/ns/x/sa/y", ["new/ns/x/sa/y", "*-a/ns/x/sa/y", "old-b/ns/x/sa/y"]],
    ["*/ns/x/sa/y", ["*/ns/x/sa/y"]],
    ["other/ns/x/sa/y", ["other/ns/x/sa/y"]],
    ["old-a/sa/y", ["old-a/sa/y"]],
  ] as const)("%s", ([principal, all]) => expect(withAliases([principal], domains)).toEqual(all));
});

describe("a policy", () => {
  const names = (yaml: Policy) =>
    translatePolicies([yaml], { ...MESH, isTcp: false }).flatMap(({ configuration }) =>
      (["rules", "shadow_rules"] as const).flatMap((set) =>
        Object.keys((configuration[set] as { policies?: object } | undefined)?.policies ?? {}).map(
          (name) => `${set} ${name}`,
        ),
      ),
    );

  test.for([
    ["true", "shadow_rules"],
    ["T", "shadow_rules"],
    ["1", "shadow_rules"],
    ["false", "rules"],
    ["yes", "rules"],
    ["", "rules"],
  ])('is on trial when its annotation is "%s": %s', ([value, set]) => {
    const given = policy("{rules: [{}]}", `, annotations: {istio.io/dry-run: "${value}"}`);
    expect(names(given)).toEqual([`${set} ns[ns1]-policy[p]-rule[0]`]);
  });

  test("that asks a provider is a denial of what its rules match", () => {
    const given = policy(
      "{action: CUSTOM, provider: {name: opa}, rules: [{to: [{operation: {paths: [/x]}}]}]}",
    );
    const [set] = translatePolicies([given], { ...MESH, isTcp: false });
    expect(set).toMatchObject({ name: "custom", action: "DENY" });
    expect(names(given)).toEqual(["rules istio-ext-authz-opa-ns[ns1]-policy[p]-rule[0]"]);
  });

  test("of the same name as another is refused: one would take the other's place", () => {
    const given = policy("{rules: [{}]}");
    expect(() => translatePolicies([given, given], { ...MESH, isTcp: false })).toThrow(
      /another policy of this name/,
    );
  });
});

describe("Istio refuses", () => {
  test.for([
    [
      "{selector: {matchLabels: {a: b}}, targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: g}}",
      /^selector: only one of/,
    ],
    ["{action: DENY}", /^rules: DENY needs rules/],
    ["{action: CUSTOM, rules: [{}]}", /^provider: CUSTOM needs/],
    ["{provider: {name: x}}", /^provider: a provider is for CUSTOM/],
    ["{selector: {matchLabels: {a: '*'}}}", /^selector\.matchLabels\.a: .*no asterisk/],
    ["{targetRefs: [{kind: Pod, name: p}]}", /^targetRefs: a policy cannot be for a Pod/],
    ["{rules: [{when: [{key: source.trustDomain, values: ['a*b']}]}]}", /values\.0: an asterisk stands/],
    ["{rules: [{from: [{source: {trustDomains: [a/b]}}]}]}", /trustDomains\.0: .*no slash/],
    ["{rules: [{to: [{operation: {paths: ['/{a}']}}]}]}", /a brace that is no/],
    ["{rules: [{from: [{source: {}}]}]}", /^rules\.0\.from\.0\.source: asks for nothing/],
    ["{rules: [{to: [{operation: {methods: ['']}}]}]}", /methods\.0: an empty text/],
    ["{rules: [{to: [{operation: {ports: ['65536']}}]}]}", /ports\.0: "65536" is no port/],
    ["{rules: [{to: [{operation: {ports: [http]}}]}]}", /ports\.0: "http" is no port/],
    ["{rules: [{from: [{source: {ipBlocks: [1.2.3]}}]}]}", /ipBlocks\.0: .* no address/],
    ["{rules: [{from: [{source: {ipBlocks: [1.2.3.4/33]}}]}]}", /ipBlocks\.0/],
    ["{rules: [{from: [{source: {ipBlocks: [1.2.3.4/08]}}]}]}", /ipBlocks\.0/],
    ["{rules: [{to: [{operation: {paths: ['/{**}/{*}']}}]}]}", /\{\*\*\} is the last/],
    ["{rules: [{to: [{operation: {paths: ['/a{*}']}}]}]}", /cannot be a segment/],
    ["{rules: [{from: [{source: {serviceAccounts: ['a*']}}]}]}", /asterisk/],
    ["{rules: [{from: [{source: {serviceAccounts: ['a/b/c']}}]}]}", /NAMESPACE\/ACCOUNT/],
    ["{rules: [{from: [{source: {serviceAccounts: [a], namespaces: [b]}}]}]}", /cannot go with/],
    ["{rules: [{when: [{key: 'destination.labels[a]', values: [b]}]}]}", /is no key/],
    ["{rules: [{when: [{key: request.headers, values: [b]}]}]}", /is no key/],
    ["{rules: [{when: [{key: 'request.headers[a]'}]}]}", /asks for nothing/],
    ["{rules: [{when: [{key: source.ip, values: [x]}]}]}", /values\.0: "x" is no address/],
    [
      "{action: CUSTOM, provider: {name: x}, rules: [{from: [{source: {principals: [a]}}]}]}",
      /principals: a provider \(CUSTOM\) cannot be asked/,
    ],
    [
      "{action: CUSTOM, provider: {name: x}, rules: [{when: [{key: 'request.auth.claims[a]', values: [b]}]}]}",
      /cannot be asked about request\.auth/,
    ],
  ] as const)("%s", ([spec, problem]) => expect(problemsOf(spec)).toEqual([expect.stringMatching(problem)]));

  test("nothing of what is good", () => {
    expect(problemsOf("{}")).toEqual([]);
    expect(problemsOf("{rules: [{}]}")).toEqual([]);
    expect(problemsOf("{rules: [{from: [], to: []}]}")).toEqual([]);
    expect(problemsOf("{rules: [{when: [{key: source.ip, notValues: ['::1', 10.0.0.0/8]}]}]}")).toEqual([]);
  });
});
