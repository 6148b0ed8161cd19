import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { customResourceDefinition, jsonSchema, type Target } from "../../harness/generate/index.js";
import { resourcesOf } from "../../harness/resources/index.js";
import { generate } from "./rig.js";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const INPUT = readFileSync(file("golden/input.yaml"), "utf8");
const PROD = { namespace: "prod", labels: { app: "web" } };

/** With TREMULA_UPDATE set, what is generated becomes what is expected: read the difference before you believe it. */
function expectFile(name: string, text: string): void {
  if (process.env.TREMULA_UPDATE) writeFileSync(file(name), text);
  expect(text).toBe(readFileSync(file(name), "utf8"));
}

interface Written {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const objects = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as Written);

describe("what is written", () => {
  test.for(["envoy", "envoyfilter", "wasmplugin", "trafficextension", "helm-values"] as const)(
    "for %s",
    (target) => expectFile(`golden/${target}.txt`, generate(INPUT, target, PROD).text),
  );

  test("for Envoy Gateway, whose gateways serve HTTP alone", () => {
    const yaml = INPUT.replace('jwksUri: "https://issuer.example/keys"', "jwks: '{\"keys\":[]}'").replace(
      /---\napiVersion: v1\n[^]*/,
      "",
    );
    const { text } = generate(yaml, "envoygateway", {
      namespace: "prod",
      gateway: "eg",
      remoteIsDirect: true,
    });
    expectFile("golden/envoygateway.txt", text);
  });

  test.for(["envoyfilter", "wasmplugin", "trafficextension"] as const)("is read again as %s", (target) => {
    const { text } = generate(INPUT, target, PROD);
    const read = resourcesOf(text);
    expect(read.problems).toEqual([]);
    expect([...read.unread]).toEqual([]);
    expect(read.all.length).toBe(objects(text).length);
  });
});

describe("filters that decide", () => {
  const METRICS = `
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: metrics, namespace: prod }
spec: { metrics: [{ overrides: [{ match: { metric: REQUEST_SIZE }, disabled: true }] }] }
`;
  const plugins = (target: Target) =>
    objects(generate(INPUT + METRICS, target, PROD).text).filter(({ kind }) => kind === "WasmPlugin");

  test("let nothing through when they cannot run, and those that count everything", () => {
    for (const { metadata, spec } of plugins("wasmplugin")) {
      const decides = /jwt|rbac/.test(metadata.name);
      expect(spec["failStrategy"], metadata.name).toBe(decides ? "FAIL_CLOSE" : "FAIL_OPEN");
    }
    const reloading = generate(INPUT, "wasmplugin", { ...PROD, failStrategy: "FAIL_RELOAD" }).text;
    expect(reloading).toContain("failStrategy: FAIL_RELOAD");
  });

  test("go in their order, by phase and then by priority", () => {
    const phases = ["AUTHN", "AUTHZ", "STATS"];
    const all = plugins("wasmplugin").filter(({ spec }) => spec["phase"] !== undefined);
    const ranks = all.map(
      ({ spec }) => phases.indexOf(spec["phase"] as string) * 1000 - (spec["priority"] as number),
    );
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(new Set(ranks).size).toBe(ranks.length);
  });

  test("are pinned by digest", () => {
    for (const { spec } of plugins("wasmplugin"))
      expect(spec["url"]).toBe(`${String(spec["url"]).replace(/@.*/, "")}@sha256:${String(spec["sha256"])}`);
  });
});

describe("what cannot be enforced exactly is refused, and listed when that is allowed", () => {
  const authentication = (rule: string) => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: issuer, namespace: prod }
spec: { jwtRules: [${rule}] }
---
`;
  const custom = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: asks, namespace: prod }
spec: { action: CUSTOM, provider: { name: opa }, rules: [{}] }
`;
  const ingress = (mode: string, more: string) => `
apiVersion: tremula.dev/v1alpha1
kind: SecureIngressPolicy
metadata: { name: front, namespace: prod }
spec: { mode: ${mode}, tokens: [{ name: a, issuer: i, jwksUri: "https://i/k" }], rules: [{ paths: [/x] }], ${more} }
`;
  const keys = authentication('{ issuer: i, jwksUri: "https://i/k" }');

  test.for([
    ["envoy", custom, /given\.yaml:2.*CUSTOM asks the provider opa/],
    ["envoy", authentication("{ issuer: i }"), /neither jwks nor jwksUri/],
    ["envoygateway", keys, /no cluster to fetch from/],
    ["istio", ingress("exempt", ""), /missingTokenStatus 401/],
    ["istio", ingress("require", "missingTokenStatus: 403"), /Istio has no rule that refuses ambiguous ones/],
    ["istio", ingress("require", "missingTokenStatus: 403, ambiguousPaths: allow"), /pathNormalization/],
    [
      "envoy",
      ingress("exempt", "") + "---" + ingress("require", "").replace("front", "second"),
      /answers with 401 here already/,
    ],
  ] as const)("%s %#", ([target, yaml, reason]) => {
    const options = { namespace: "prod", ...(target === "envoygateway" && { gateway: "eg" }) };
    expect(() => generate(yaml, target, options)).toThrow(reason);
    const { journal } = generate(yaml, target, { ...options, allowPartial: true });
    expect(journal.explain()).toMatch(reason);
  });

  test("an image that nobody has pushed is not guessed", () => {
    expect(() => generate(keys, "wasmplugin", { namespace: "prod", images: {} })).toThrow(
      /where the image of jwt-authn is/,
    );
  });
});

describe("a SecureIngressPolicy in Istio's words", () => {
  test("is a RequestAuthentication and an AuthorizationPolicy that Istio takes", () => {
    const yaml = `
apiVersion: tremula.dev/v1alpha1
kind: SecureIngressPolicy
metadata: { name: front, namespace: prod }
spec:
  mode: exempt
  missingTokenStatus: 403
  tokens: [{ name: a, issuer: "https://i", jwksUri: "https://i/k" }]
  rules: [{ paths: [/x] }, { hosts: [status.example, "*.open.example"], methods: [GET] }]
`;
    const { text } = generate(yaml, "istio", { namespace: "prod" });
    expectFile("golden/istio.txt", text);
    expect(resourcesOf(text).problems).toEqual([]);
    // It says the same again: what Istio makes of it is what our own chain has.
    // Without hosts: what is denied because of them no pattern of Istio's can say.
    const plain = yaml.replace(/hosts: .*?\], /, "").replace("403", "403\n  ambiguousPaths: allow");
    const again = generate(generate(plain, "istio", { namespace: "prod" }).text, "envoy", {
      namespace: "prod",
    });
    expect(again.text).toBe(generate(plain, "envoy", { namespace: "prod" }).text);
  });
});

describe("the schema of SecureIngressPolicy", () => {
  const root = (name: string) => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));

  test.for([
    ["schemas/secureingresspolicy.json", () => `${JSON.stringify(jsonSchema(), null, 2)}\n`, "json"],
    ["crds/secureingresspolicies.yaml", () => stringify(customResourceDefinition(), { lineWidth: 0 }), "crd"],
  ] as const)("deploy/%s is what `tremula generate --print-schema` prints", ([name, text]) => {
    if (process.env.TREMULA_UPDATE) writeFileSync(root(name), text());
    expect(parse(readFileSync(root(name), "utf8"))).toEqual(parse(text()));
  });

  test("is one that Kubernetes takes: every node has a type, and nothing that only JSON schema has", () => {
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null || Array.isArray(node)) return;
      const schema = node as Record<string, unknown>;
      expect(schema["type"], path).toBeTypeOf("string");
      for (const word of [
        "$schema",
        "$ref",
        "const",
        "additionalItems",
        "propertyNames",
        "oneOf",
        "anyOf",
        "prefixItems",
      ]) {
        expect(schema, path).not.toHaveProperty(word);
      }
      expect(schema["additionalProperties"], path).not.toBe(false);
      for (const [name, child] of Object.entries((schema["properties"] as object | undefined) ?? {}))
        walk(child, `${path}.${name}`);
      for (const word of ["items", "additionalProperties"])
        if (schema[word] !== undefined) walk(schema[word], `${path}.${word}`);
    };
    const { spec } = customResourceDefinition() as {
      spec: { versions: { schema: { openAPIV3Schema: unknown } }[] };
    };
    walk(spec.versions[0]!.schema.openAPIV3Schema, "");
  });
});
