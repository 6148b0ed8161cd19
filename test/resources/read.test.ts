import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  AuthorizationPolicy,
  EnvoyFilter,
  Gateway,
  kind,
  KubernetesGateway,
  PeerAuthentication,
  Policy,
  problemText,
  readResources,
  readValidResources,
  resourcesOf,
  Service,
} from "../../harness/resources/index.js";

const POLICY = `# who may read
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: readers
  namespace: prod
spec:
  rules:
  - to:
    - operation:
        methods: [GET]
`;

function problemsOf(text: string): string[] {
  return resourcesOf(text, { file: "f.yaml" }).problems.map(problemText);
}

function service(name: string, rest = ""): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec:\n  ports:\n  - port: 80\n${rest}`;
}

describe("an object", () => {
  it("has its kind, name, spec and place", () => {
    const resources = resourcesOf(`---\n${POLICY}`, { file: "f.yaml" });
    expect(resources.problems).toEqual([]);
    const [policy] = resources.of(AuthorizationPolicy);
    expect(policy).toMatchObject({
      name: "readers",
      namespace: "prod",
      title: "AuthorizationPolicy prod/readers",
    });
    expect(policy!.spec.rules?.[0]?.to?.[0]?.operation?.methods).toEqual(["GET"]);
    expect(policy!.where).toBe("f.yaml:3");
    expect(policy!.positionOf(["spec", "rules", 0, "to", 0, "operation", "methods"])).toEqual({
      file: "f.yaml",
      line: 12,
      column: 9,
    });
  });

  it("is pointed at where the nearest field stands that is there", () => {
    const [policy] = resourcesOf(POLICY, { file: "f.yaml" }).of(AuthorizationPolicy);
    expect(policy!.positionOf(["spec", "selector", "matchLabels"]).line).toBe(7);
    expect(policy!.positionOf(["spec", "rules", 3]).line).toBe(8);
  });

  it("is in the namespace default, or the one that was told, when it names none", () => {
    const text = service("web");
    expect(resourcesOf(text).of(Service)[0]!.namespace).toBe("default");
    expect(resourcesOf(text, { namespace: "prod" }).of(Service)[0]!.namespace).toBe("prod");
  });

  it("may be written in each version that Istio accepts", () => {
    for (const version of ["v1", "v1beta1"])
      expect(resourcesOf(POLICY.replace("/v1", `/${version}`)).of(AuthorizationPolicy)).toHaveLength(1);
    expect(problemsOf(POLICY.replace("/v1", "/v1alpha1"))).toEqual([
      "f.yaml:2: apiVersion: security.istio.io/v1alpha1 has no AuthorizationPolicy; it is in security.istio.io/v1, security.istio.io/v1beta1",
    ]);
  });

  it("is told from others of its kind's name by the group", () => {
    const gateways = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: a}
spec: {selector: {istio: ingressgateway}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: a}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}`;
    const resources = resourcesOf(gateways);
    expect(resources.problems).toEqual([]);
    expect(resources.of(Gateway)).toHaveLength(1);
    expect(resources.of(KubernetesGateway)[0]!.spec.gatewayClassName).toBe("istio");
  });

  it("may be of a kind of one's own", () => {
    const Recipe = kind({
      kind: "Recipe",
      group: "x.dev",
      versions: ["v1"],
      schema: z.strictObject({ cups: z.int() }),
    });
    const text = "apiVersion: x.dev/v1\nkind: Recipe\nmetadata: {name: tea}\nspec: {cups: 2}";
    const [tea] = resourcesOf(text, { kinds: [Recipe] }).of(Recipe);
    expect(tea!.spec.cups).toBe(2);
    expect(resourcesOf(text).unread).toEqual(new Map([["Recipe.x.dev", 1]]));
  });

  it("reads YAML as Kubernetes does", () => {
    const text = `apiVersion: v1
kind: Service
metadata: {name: web, creationTimestamp: 2024-05-01T10:00:00Z}
spec: {publishNotReadyAddresses: yes, selector: {at: 12:30}}`;
    const [web] = resourcesOf(text).of(Service);
    expect(web!.spec.publishNotReadyAddresses).toBe(true);
    expect(web!.spec.selector).toEqual({ at: "12:30" });
    expect(web!.metadata.creationTimestamp).toBe("2024-05-01T10:00:00Z");
  });

  it("has no fields that are null, but for those where null says something", () => {
    const text = `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: a}
spec:
  workloadSelector: null
  configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE, value: {filter: null}}}]
---
apiVersion: authentication.istio.io/v1alpha1
kind: Policy
metadata: {name: default}
spec: {peers: [{mtls: null}]}`;
    const resources = resourcesOf(text);
    expect(resources.problems).toEqual([]);
    const { spec } = resources.of(EnvoyFilter)[0]!;
    expect(spec).not.toHaveProperty("workloadSelector");
    expect(spec.configPatches?.[0]?.patch?.value).toEqual({ filter: null });
    expect(resources.of(Policy)[0]!.spec.peers).toEqual([{ mtls: null }]);
  });
});

describe("what is wrong", () => {
  it("is an unknown field, with file, line and path", () => {
    const [typo] = problemsOf(POLICY.replace("methods:", "method:"));
    expect(typo).toBe(
      'f.yaml:11: AuthorizationPolicy prod/readers: spec.rules[0].to[0].operation.method: unknown field "method"',
    );
    expect(problemsOf(POLICY.replace("spec:", "specs: {}\nspec:"))).toEqual([
      'f.yaml:7: AuthorizationPolicy prod/readers: specs: unknown field "specs"',
    ]);
  });

  it("is a wrong type or an unknown word", () => {
    expect(problemsOf(service("web", "    name: 5\n"))[0]).toMatch(
      /^f.yaml:7: Service default\/web: spec.ports\[0\].name: expected string/,
    );
    expect(problemsOf(service("web", "    name: y\n"))[0]).toContain(
      "expected string, received boolean; quote y, n, yes",
    );
    const odd =
      "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a}\nspec: {mtls: {mode: HARD}}";
    expect(problemsOf(odd)[0]).toMatch(
      /^f.yaml:4: PeerAuthentication default\/a: spec.mtls.mode: .*"STRICT"/,
    );
    expect(resourcesOf(odd).of(PeerAuthentication)).toEqual([]);
  });

  it("is an object without name, kind or apiVersion, and a text that is none", () => {
    expect(problemsOf("apiVersion: v1\nkind: Service\nspec: {}")).toEqual([
      "f.yaml:1: Service: metadata: no name",
    ]);
    expect(problemsOf("apiVersion: v1\nmetadata: {name: a}")).toEqual([
      "f.yaml:1: no Kubernetes object: no kind",
    ]);
    expect(problemsOf("kind: Service\nmetadata: {name: a}")).toEqual([
      "f.yaml:1: no Kubernetes object: no apiVersion",
    ]);
    expect(problemsOf("just words")).toEqual(["f.yaml:1: no Kubernetes object: it is no map"]);
  });

  it("is text that is no YAML, and the other documents are read", () => {
    const resources = resourcesOf(`${service("a")}---\nkind: [\n---\n${service("b")}`, { file: "f.yaml" });
    expect(resources.of(Service).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(resources.problems.map(problemText)[0]).toMatch(/^f.yaml:9: no YAML: /);
  });

  it("is an object that is there twice", () => {
    expect(problemsOf(`${service("a")}---\n${service("a")}`)).toEqual([
      "f.yaml:8: Service default/a: is defined twice; first in f.yaml:1",
    ]);
  });

  it("is all of it in one error for those who cannot go on", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tremula-resources-"));
    await writeFile(join(folder, "a.yaml"), POLICY.replace("methods:", "method:"));
    await expect(readValidResources([folder])).rejects.toThrow(/a\.yaml:11: .*unknown field "method"/);
  });
});

describe("a list", () => {
  const list = (indent: string): string => `apiVersion: v1
items:
${indent}- apiVersion: v1
${indent}  kind: Service
${indent}  metadata:
${indent}    name: a
${indent}    annotations:
${indent}      text: |
${indent}        - apiVersion: none
${indent}  spec:
${indent}    ports:
${indent}    - port: 80
${indent}# between
${indent}- apiVersion: v1
${indent}  kind: Service
${indent}  metadata:
${indent}    name: b
${indent}  spec:
${indent}    port: 1
kind: List
metadata:
  resourceVersion: ""
`;

  it.each(["", "  "])("as kubectl writes it is read object by object (indented by '%s')", (indent) => {
    const resources = resourcesOf(list(indent), { file: "f.yaml" });
    const [a] = resources.of(Service);
    expect(a!.where).toBe("f.yaml:3");
    expect(a!.metadata.annotations).toEqual({ text: "- apiVersion: none\n" });
    expect(a!.positionOf(["spec", "ports", 0])).toMatchObject({ line: 12, column: 7 + indent.length });
    expect(resources.problems.map(problemText)).toEqual([
      'f.yaml:19: Service default/b: spec.port: unknown field "port"',
    ]);
  });

  it("may be JSON, or have anchors", () => {
    const json = JSON.stringify({
      kind: "ServiceList",
      apiVersion: "v1",
      items: [{ metadata: { name: "a" }, spec: { ports: [{ port: 1 }] } }],
    });
    expect(resourcesOf(json).of(Service)[0]!.name).toBe("a");
    const anchors = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: a}
  spec: &spec {ports: [{port: 80}]}
- apiVersion: v1
  kind: Service
  metadata: {name: b}
  spec: *spec
`;
    const [, b] = resourcesOf(anchors).of(Service);
    expect(b!.spec.ports).toEqual([{ port: 80 }]);
    expect(b!.positionOf(["spec", "ports", 0, "port"]).line).toBe(7);
  });
});

describe("a list in JSON", () => {
  const entry = (name: string, more: object = {}) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, annotations: { a: '"}]\\', items: "[{" } },
    spec: { ports: [{ port: 80 }], ...more },
  });
  const list = { apiVersion: "v1", items: [entry("a"), entry("b", { port: 1 })], kind: "List" };

  it.each([undefined, 1, 4])("is read object by object (indented by %s)", (indent) => {
    const text = `\n${JSON.stringify({ ...list, metadata: { resourceVersion: "" } }, undefined, indent)}\n`;
    const { all, problems } = resourcesOf(text, { file: "f.yaml" });
    const [a] = all;
    expect(a!.prefix).toEqual([]);
    expect(a!.metadata.annotations["items"]).toBe("[{");
    const lineOf = (found: string): number => text.slice(0, text.indexOf(found)).split("\n").length;
    expect(a!.positionOf(["spec", "ports"]).line).toBe(lineOf('"ports"'));
    const last = text.slice(0, text.lastIndexOf('"port"')).split("\n").length;
    expect(problems.map(problemText)).toEqual([
      `f.yaml:${last}: Service default/b: spec.port: unknown field "port"`,
    ]);
  });

  it.each([
    ["has other fields", { ...list, spec: { a: [{}] } }],
    ["has what is no object", { ...list, items: [...list.items, 1] }],
    ["has another kind", { ...list, kind: "ServiceList" }],
  ])("that %s is read as a whole", (_, value) => {
    expect(resourcesOf(JSON.stringify(value)).all[0]!.prefix).toEqual(["items", 0]);
  });

  it("may have a long text", () => {
    const data = { a: "\n".repeat(10_000_000) };
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "long" }, data };
    const [long, a] = resourcesOf(JSON.stringify({ ...list, items: [config, entry("a")] })).all;
    expect(long!.name).toBe("long");
    expect(a!.name).toBe("a");
  });

  it("has its items once, and its objects their fields", () => {
    const twice = JSON.stringify(list).replace('"kind":"List"', '"items":[],"kind":"List"');
    expect(problemsOf(twice)).toEqual([expect.stringMatching(/keys must be unique/)]);
    const field = JSON.stringify(list).replace('"kind":"Service"', '"kind":"Service","kind":"Pod"');
    expect(problemsOf(field)[0]).toMatch(/keys must be unique/);
  });
});

describe("a list that is written by hand", () => {
  const entry = (name: string) => `apiVersion: v1\n  kind: Service\n  metadata: {name: ${name}}\n`;

  it("may have its dashes alone on their lines", () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- ${entry("a")}-\n  ${entry("b")}-\r\n  ${entry("c")}`;
    const resources = resourcesOf(text, { file: "f.yaml" });
    expect(resources.problems.map(problemText)).toEqual([]);
    expect(resources.of(Service).map(({ name, where }) => [name, where])).toEqual([
      ["a", "f.yaml:4"],
      ["b", "f.yaml:8"],
      ["c", "f.yaml:12"],
    ]);
  });

  it("has its items once", () => {
    const items = (name: string) => `items:\n- ${entry(name)}`;
    expect(problemsOf(`apiVersion: v1\nkind: List\n${items("a")}${items("b")}`)).toEqual([
      expect.stringMatching(/keys must be unique/),
    ]);
  });
});

describe("files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tremula-resources-"));
    await mkdir(join(folder, "below", ".git"), { recursive: true });
    await writeFile(join(folder, "a.yaml"), service("a"));
    await writeFile(
      join(folder, "below", "b.json"),
      JSON.stringify({ kind: "Service", apiVersion: "v1", metadata: { name: "b" } }),
    );
    await writeFile(join(folder, "below", "values.yml"), "replicas: 2\n");
    await writeFile(join(folder, "below", ".git", "c.yaml"), service("c"));
    await writeFile(join(folder, "notes.txt"), "none");
    await writeFile(join(folder, "latin1.txt"), Buffer.from(service("caf\xe9"), "latin1"));
    await writeFile(join(folder, "utf16.txt"), Buffer.from(`\ufeff${service("a")}`, "utf16le"));
  });

  it("are those below a folder, and one by one", async () => {
    const resources = await readResources([folder]);
    expect(resources.problems).toEqual([]);
    expect(resources.of(Service).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(resources.unread).toEqual(new Map([["(no kind)", 1]]));
  });

  it("may be standard input", async () => {
    const stdin = (async function* () {
      await Promise.resolve();
      yield Buffer.from(service("piped"));
    })();
    const [piped] = (await readResources(["-"], { stdin })).of(Service);
    expect(piped).toMatchObject({ name: "piped", where: "<stdin>:1" });
  });

  it("that a link leads to in vain are named", async () => {
    const linked = await mkdtemp(join(tmpdir(), "tremula-resources-"));
    await symlink("gone.yaml", join(linked, "link.yaml"));
    await expect(readResources([linked])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/link\.yaml: no such file/) as string,
    });
  });

  it("that are missing or no UTF-8 are named", async () => {
    await expect(readResources([join(folder, "none.yaml")])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/none\.yaml: no such file/) as string,
    });
    await expect(readResources([join(folder, "latin1.txt")])).rejects.toThrow(/latin1.txt: is not UTF-8/);
    await expect(readResources([join(folder, "utf16.txt")])).rejects.toThrow(/utf16.txt: is UTF-16/);
  });
});

describe("names", () => {
  // They become folders of a plan, and parts of the commands that it says.
  it.each(["../up", "/etc", "a b", "a\\nb", "..", "-rf", "a;b", "$(a)"])("cannot be %s", (name) => {
    for (const metadata of [`{name: "${name}"}`, `{name: a, namespace: "${name}"}`])
      expect(problemsOf(`apiVersion: v1\nkind: Pod\nmetadata: ${metadata}`)).toEqual([
        expect.stringMatching(/: metadata\.name(?:space)?: .*a name is letters, digits/),
      ]);
  });

  it.each(["a", "a-1.b", "A_b", "1"])("can be %s", (name) => {
    expect(
      problemsOf(`apiVersion: v1\nkind: Pod\nmetadata: {name: "${name}", namespace: "${name}"}`),
    ).toEqual([]);
  });
});

describe("hostile input", () => {
  const doubled = (entry: (name: string) => string): string =>
    [
      "a: &a [x, x, x, x, x, x, x, x, x]",
      ..."abcdefgh"
        .split("")
        .map((name, index) => `${"bcdefghi"[index]}: &${"bcdefghi"[index]} ${entry(name)}`),
    ].join("\n");

  it.each([
    [
      "aliases that unfold",
      doubled((name) => `[${Array(9).fill(`*${name}`).join(", ")}]`),
      /Excessive alias count/,
    ],
    ["brackets without end", "[".repeat(20_000), /nested too deeply|Flow sequence/],
    ["maps without end", "- ".repeat(20_000), /nested too deeply/],
    [
      "a list in itself",
      "apiVersion: v1\nkind: List\nitems: &a\n- apiVersion: v1\n  kind: List\n  items: *a",
      /nested too deeply/,
    ],
    [
      "a spec in itself",
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: &a {sessionAffinityConfig: *a}",
      /nested too deeply/,
    ],
    [
      "aliases without end",
      Array.from({ length: 20_000 }, (_, index) => `a${index}: &a${index} 1\nb${index}: *a${index}\n`).join(
        "",
      ),
      /Too many aliases/,
    ],
  ])("%s is refused", (_, text, message) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it("with more that is wrong than anybody reads is summed up", () => {
    const fields = Array.from({ length: 5_000 }, (_, index) => `  f${index}: 1\n`).join("");
    const problems = problemsOf(`apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n${fields}`);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe("f.yaml:1: Service default/a: and 4900 more");
  });

  it("of tens of thousands of objects is read", () => {
    const many = Array.from({ length: 5_000 }, (_, index) => service(`s${index}`)).join("---\n");
    expect(resourcesOf(many).of(Service)).toHaveLength(5_000);
    const others = Array.from({ length: 90_000 }, () => "apiVersion: v1\nkind: Secret\ndata: {a: b}\n").join(
      "---\n",
    );
    expect(resourcesOf(others).unread).toEqual(new Map([["Secret", 90_000]]));
  });
});
