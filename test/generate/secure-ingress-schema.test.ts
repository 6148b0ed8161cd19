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
