import { describe, expect, test } from "vitest";
import { SecureIngressPolicy } from "../../harness/generate/index.js";
import { MOST_RULES } from "../../harness/generate/secure-ingress/deny.js";
import { problemText, resourcesOf } from "../../harness/resources/index.js";
import { generate } from "./rig.js";

const TOKEN = '{ name: a, issuer: "https://i", jwksUri: "https://i/k" }';
const policy = (fields: Readonly<Record<string, string>>) => {
  const all = { mode: "require", tokens: `[${TOKEN}]`, rules: "[{ paths: [/x] }]", ...fields };
  const spec = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `apiVersion: tremula.dev/v1alpha1
kind: SecureIngressPolicy
metadata: { name: front }
spec: { ${spec.join(", ")} }
`;
};
const problems = (fields: Readonly<Record<string, string>>) =>
  resourcesOf(policy(fields), { kinds: [SecureIngressPolicy], file: "p.yaml" }).problems.map(problemText);

describe("a SecureIngressPolicy is refused", () => {
  test.for([
    [{ mode: "sometimes" }, /spec\.mode/],
    [{ tokens: "[]" }, /spec\.tokens/],
    [{ tokens: `[${TOKEN}, ${TOKEN}]` }, /spec\.tokens: two tokens of one name/],
    [{ tokens: "[{ name: a, issuer: i }]" }, /spec\.tokens\[0\]: either jwksUri or jwks/],
    [{ tokens: '[{ name: a, issuer: "*", jwksUri: "https://i/k" }]' }, /spec\.tokens\[0\]\.issuer/],
    [{ tokens: '[{ name: a, issuer: i, jwksUri: "file:///k" }]' }, /spec\.tokens\[0\]\.jwksUri/],
    [
      { tokens: "[{ name: a, issuer: i, jwksUri: 'https://a b/k' }]" },
      /spec\.tokens\[0\]\.jwksUri: .* no URL/,
    ],
    [{ tokens: "[{ name: a, issuer: i, jwks: keys }]" }, /spec\.tokens\[0\]\.jwks: is no JSON/],
    [{ tokens: "[{ name: a, issuer: i, jwks: '{}' }]" }, /spec\.tokens\[0\]\.jwks: is no set of keys/],
    [
      { access: "{ claims: [{ path: ['a[0]'], values: [x] }] }" },
      /spec\.access\.claims\[0\]\.path\[0\]: .* bracket/,
    ],
    [{ rules: "[]" }, /spec\.rules/],
    [{ rules: "[{}]" }, /spec\.rules\[0\]: names neither hosts nor paths nor methods/],
    [{ rules: "[{ paths: [x] }]" }, /spec\.rules\[0\]\.paths\[0\]/],
    [
      { rules: "[{ paths: [/x], access: { tokens: [b] } }]" },
      /spec\.rules\[0\]\.access\.tokens\[0\]: there is no token "b"/,
    ],
    [{ access: "{ tokens: [b] }" }, /spec\.access\.tokens\[0\]: there is no token "b"/],
    [{ mode: "exempt", rules: "[{ paths: [/x], access: {} }]" }, /spec\.rules\[0\]\.access: what is exempt/],
    [{ missingTokenStatus: "404" }, /spec\.missingTokenStatus/],
    [{ cors: "{ allowOrigins: ['*'], allowCredentials: true }" }, /spec\.cors\.allowCredentials: any origin/],
    [
      { selector: "{ matchLabels: {} }", targetRefs: "[{ kind: Gateway, name: g }]" },
      /spec\.selector: only one/,
    ],
    [{ unknown: "1" }, /spec\.unknown: unknown field/],
  ] as const)("%j", ([fields, problem]) => {
    expect(problems(fields)).toEqual([expect.stringMatching(problem)]);
    expect(problems(fields)[0]).toMatch(/^p\.yaml:\d+: SecureIngressPolicy default\/front: /);
  });

  // What no request is, or what somebody else's is too: such a rule guards nothing, or not what it seems to.
  test.for([
    ...["a.example:443", "a.*.example", "**", "https://a", "a/b", "a.example.", "", "a b", "*.*"].map(
      (host) => `{ hosts: ["${host}"] }`,
    ),
    ...[
      "/x?a=1",
      "/x#y",
      "/a/../b",
      "/a/./b",
      "/a//b",
      "/x y",
      "/a*b",
      "/a\\\\b",
      "/a;b",
      "/%2e%2e/x",
      "/x%2fy",
      "/%61dmin",
    ].map((path) => `{ paths: ["${path}"] }`),
    ...["/caf\u00e9", "/x\\n", "**", "*x*", "/%zz", "/x%00", "/a{*", "/{x}"].map(
      (path) => `{ paths: ["${path}"] }`,
    ),
    ...["get", "Post", "P*T", "**", "", "GET,POST"].map((method) => `{ methods: ["${method}"] }`),
  ])("for %s", (rule) => {
    for (const mode of ["require", "exempt"]) {
      expect(problems({ mode, rules: `[${rule}]` }), mode).toContainEqual(
        expect.stringMatching(/spec\.rules\[0\]\.\w+\[0\]/),
      );
    }
  });

  test("for what is escaped and guarded: it has other spellings", () => {
    const rules = "[{ paths: [/caf%C3%A9] }]";
    expect(problems({ rules })).toEqual([
      expect.stringMatching(/spec\.rules\[0\]\.paths\[0\]: what is escaped/),
    ]);
    expect(problems({ mode: "exempt", rules })).toEqual([]);
  });

  test("for a token that nobody can tell from another", () => {
    const tokens = `[${TOKEN}, { name: b, issuer: "https://i", jwksUri: "https://i/other", audiences: [b] }]`;
    expect(problems({ tokens, access: "{ tokens: [a] }" })).toEqual([
      expect.stringMatching(/access\.tokens\[0\]: another token/),
    ]);
    expect(problems({ tokens, rules: "[{ paths: [/x], access: { tokens: [b] } }]" })).toEqual([
      expect.stringMatching(/rules\[0\]\.access\.tokens\[0\]: another token/),
    ]);
    expect(problems({ tokens, access: "{ tokens: [a, b] }" })).toEqual([]);
  });

  test.for([
    ["targetRefs: [{ kind: Gateway, name: front }]", /targetRefs: a policy cannot be for a Gateway/],
    [
      "targetRefs: [{ group: gateway.networking.k8s.io, kind: gateway, name: front }]",
      /targetRefs: a policy cannot be for a gateway/,
    ],
    ["selector: { matchLabels: { app: 'front*' } }", /no asterisk/],
  ] as const)("where it is for nobody: %s", ([text, problem]) => {
    const [name, value] = text.split(/: (.*)/) as [string, string];
    const labels = { app: "front" };
    expect(() => generate(policy({ [name]: value }), "envoy", { labels, gateway: "front" })).toThrow(problem);
  });

  describe("where another resource takes tokens that it cannot tell from its own", () => {
    const TWO = `[${TOKEN}, { name: b, issuer: "https://j", jwksUri: "https://j/k" }]`;
    const audience = (name: string) => TOKEN.replace("}", `, audiences: [${name}] }`);
    const other = (rule: string) =>
      `---\n{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: r}, spec: {jwtRules: [${rule}]}}\n`;
    const inexact = (fields: Readonly<Record<string, string>>, more: string) =>
      generate(policy(fields) + more, "envoy", { allowPartial: true }).journal.inexact.map(({ why }) => why);
    const IS_ALIKE =
      /^tokens get in that are not its own: RequestAuthentication default\/r \(given\.yaml:\d+\)/;

    test.for([
      ["keys by another address", {}, '{issuer: "https://i", jwksUri: "https://evil/k"}'],
      ["other keys", {}, `{issuer: "https://i", jwks: '{"keys":[]}'}`],
      ["any audience", { tokens: `[${audience("x")}]` }, '{issuer: "https://i", jwksUri: "https://i/k"}'],
      [
        "one audience more",
        { tokens: `[${audience("x")}]` },
        '{issuer: "https://i", jwksUri: "https://i/k", audiences: [x, z]}',
      ],
      ["any issuer", {}, '{jwksUri: "https://evil/k"}'],
      ["any issuer, by the keys of one of two", { tokens: TWO }, '{jwksUri: "https://i/k"}'],
    ] as const)("of %s", ([, fields, rule]) => {
      expect(inexact(fields, other(rule))).toEqual([expect.stringMatching(IS_ALIKE)]);
      expect(() => generate(policy(fields) + other(rule), "envoy")).toThrow(/not its own/);
    });

    test("and two policies with different audiences, but where those are asked for", () => {
      const second = (fields: Readonly<Record<string, string>>) =>
        `---\n${policy({ missingTokenStatus: "403", ...fields }).replace("name: front", "name: back")}`;
      const [a, b] = [{ tokens: `[${audience("x")}]` }, { tokens: `[${audience("z")}]` }];
      expect(inexact(a, second(b))).toHaveLength(2);
      const asking = (name: string) => ({ access: `{ claims: [{ path: [aud], values: [${name}] }] }` });
      expect(inexact({ ...a, ...asking("x") }, second({ ...b, ...asking("z") }))).toEqual([]);
      // A rule with an access of its own asks for what that says, and no more.
      const rules = "[{ paths: [/x], access: { tokens: [a] } }]";
      expect(inexact({ ...a, ...asking("x"), rules }, second({ ...b, ...asking("z") }))).toHaveLength(1);
    });

    test.for([
      ["the same", { tokens: TWO }, '{issuer: "https://i", jwksUri: "https://i/k"}'],
      [
        "fewer audiences",
        { tokens: `[${audience("x, z")}]` },
        '{issuer: "https://i", jwksUri: "https://i/k", audiences: [z]}',
      ],
      ["another issuer", {}, '{issuer: "https://else", jwksUri: "https://else/k"}'],
    ] as const)("but not for %s", ([, fields, rule]) => {
      expect(inexact(fields, other(rule))).toEqual([]);
    });
  });

  test.for(["https://*", "https://app.example*", "*example.com", "*"])(
    "for credentials that %s may have",
    (origin) => {
      const cors = `{ allowOrigins: ["${origin}"], allowCredentials: true }`;
      expect(problems({ cors })).toHaveLength(1);
      expect(problems({ cors: `{ allowOrigins: ["${origin}"] }` })).toEqual([]);
    },
  );

  test.for([
    { hosts: "[a.example, '*.a.example', 'a.*', '*', '[::1]', localhost, A_b.example]" },
    { paths: "[/, /x, '/x/*', '/x*', '*', '*.png', '*/x', '/a/{*}/b', '/a/{**}', '/~a/!$&()+,=:@-._']" },
    { methods: "[GET, '*', 'P*', '*T', M-SEARCH]" },
  ])("but not for %j", (rule) => {
    const text = Object.entries(rule).map(([name, value]) => `${name}: ${value}`);
    for (const mode of ["require", "exempt"])
      expect(problems({ mode, rules: `[{ ${text.join()} }]` })).toEqual([]);
  });

  test("and one that is good is not", () => expect(problems({})).toEqual([]));
});

test(`exceptions that make more than ${MOST_RULES} rules deny everything, and say so`, () => {
  const rules = Array.from(
    { length: 6 },
    (_, index) => `{ hosts: [h${index}], paths: [/${index}], methods: [M${index}] }`,
  );
  const yaml = policy({ mode: "exempt", rules: `[${rules.join(", ")}]` });
  expect(() => generate(yaml, "envoy")).toThrow(/make more than 256 rules; everything is denied/);
  const { text } = generate(yaml, "envoy", { allowPartial: true });
  expect(text).toContain('"ns[default]-policy[secure-ingress-front]-rule[0]"');
  expect(text).not.toContain('"ns[default]-policy[secure-ingress-front]-rule[1]"');
});

test.for([
  ["require", "[{ paths: [/x] }]", { pathNormalization: "NONE" }, /without any normalization of paths/],
  ["require", "[{ hosts: ['*.a.example'] }]", { mode: "envoy" }, /a pattern has one asterisk/],
] as const)("%s with %s and %j is not exact", ([mode, rules, options, why]) => {
  const yaml = policy({ mode, rules });
  expect(() => generate(yaml, "envoy", options)).toThrow(why);
  expect(() => generate(yaml, "envoy")).not.toThrow();
  expect(() => generate(policy({ mode: "exempt", rules }), "envoy", options)).not.toThrow();
});
