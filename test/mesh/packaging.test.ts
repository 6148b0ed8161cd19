import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import { CHART, kustomized, rendered, type Rendered } from "../deploy/rendered.js";
import { execute } from "./execute.js";
import { istioSources, meshTool, meshToolsMissing } from "./tools.js";

// What the chart and the overlays come to, against the schemas that a cluster checks by, and against Istio's own checks.

const missing = meshToolsMissing("helm", "kustomize", "istioctl");
const sources = await istioSources();
const gatewaySources = await moduleFolder("gateway", "github.com/envoyproxy/gateway");

/** A module of Go's cache, in the version that the tools are built from. */
async function moduleFolder(tools: string, module: string): Promise<string | null> {
  const cwd = `test/mesh/go/${tools}`;
  const { code, stdout } = await execute("go", ["-C", cwd, "list", "-m", "-f", "{{.Dir}}", module]);
  return code === 0 && stdout.trim() !== "" ? stdout.trim() : null;
}

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: { name: string; schema?: { openAPIV3Schema: Schema } }[];
  };
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly [word: string]: unknown;
}

/** What a cluster would drop without a word is to be an error here. */
function strict(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  const within = (all: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, strict(one)]));
  const isClosed = properties !== undefined && schema["x-kubernetes-preserve-unknown-fields"] !== true;
  return {
    ...schema,
    ...(properties && { properties: within(properties) }),
    ...(items && { items: strict(items) }),
    ...(typeof additionalProperties === "object" && { additionalProperties: strict(additionalProperties) }),
    ...(isClosed && additionalProperties === undefined && { additionalProperties: false }),
  };
}

/**
 * Go's regular expressions are other ones than ours, and which fields exclude each other is said with `not`, which Zod does not
 * know. istioctl checks both.
 */
function isBeyondUs(word: string, value: unknown): boolean {
  if (word === "pattern") return typeof value === "string";
  return word === "not" || ((word === "oneOf" || word === "anyOf") && Array.isArray(value));
}

const checks = new Map<string, z.ZodType>();
async function addDefinitions(file: string): Promise<void> {
  const text = (await readFile(file, "utf8")).replace(/^\{\{.*\}\}$/gm, "");
  for (const document of parseAllDocuments(text)) {
    const { kind, spec } = (document.toJS() ?? {}) as Definition;
    if (kind !== "CustomResourceDefinition") continue;
    for (const { name, schema } of spec.versions) {
      const own = schema?.openAPIV3Schema.properties?.spec;
      if (own === undefined) continue;
      const json = JSON.parse(JSON.stringify(strict(own)), (word, value: unknown) =>
        isBeyondUs(word, value) ? undefined : value,
      ) as z.core.JSONSchema.BaseSchema;
      checks.set(`${spec.group}/${name}/${spec.names.kind}`, z.fromJSONSchema(json));
    }
  }
}

/** What a cluster would say about the specs of objects. */
function problems(objects: readonly Rendered[]): string[] {
  return objects.flatMap(({ apiVersion, kind, metadata, spec }) => {
    if (apiVersion === "v1") return [];
    const check = checks.get(`${apiVersion}/${kind}`);
    if (check === undefined) return [`${kind}: no definition of ${apiVersion}`];
    const { error } = check.safeParse(spec);
    return (error?.issues ?? []).map(
      (issue) => `${kind}/${metadata.name} ${issue.path.join(".")}: ${issue.message}`,
    );
  });
}

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "tremula-packaging-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function istioctl(objects: readonly Rendered[], name: string) {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, objects.map((object) => stringify(object)).join("---\n"));
  return execute(meshTool("istioctl")!, ["validate", "-f", file]);
}

const TRAFFIC = ["--set", "target.resource=TrafficExtension"];
const GATEWAY = `${CHART}/examples/envoygateway.yaml`;
const ISTIO: Readonly<Record<string, () => Promise<Rendered[]>>> = {
  "the chart's WasmPlugins": () => rendered("-f", `${CHART}/examples/istio.yaml`),
  "the chart's TrafficExtensions": () => rendered("-f", `${CHART}/examples/istio.yaml`, ...TRAFFIC),
  "the chart's address filter": () => rendered("--set", "directAddress={http,network}"),
  "the overlay for Istio": () => kustomized("deploy/kustomize/overlays/istio"),
  "the application for Argo CD": () => kustomized("deploy/argocd/orders"),
};

describe.skipIf(missing !== null || sources === null)(
  `what is deployed to Istio${missing ? ` (${missing})` : sources === null ? " (Istio's sources are not there)" : ""}`,
  () => {
    beforeAll(() => addDefinitions(join(sources!, "manifests/charts/base/files/crd-all.gen.yaml")));

    it.each(Object.keys(ISTIO))(
      "is as the definitions of its kinds say, and valid to istioctl: %s",
      async (name) => {
        const objects = await ISTIO[name]!();
        expect(objects.length).toBeGreaterThan(0);
        expect(problems(objects)).toEqual([]);
        const { code, stdout, stderr } = await istioctl(objects, name.replace(/\W+/g, "-"));
        expect(code, stdout + stderr).toBe(0);
      },
    );

    it("would be found wrong", async () => {
      const [plugin] = (await ISTIO["the overlay for Istio"]!()).filter(({ kind }) => kind === "WasmPlugin");
      const bad = { ...plugin!, spec: { ...plugin!.spec, fail_strategy: "FAIL_OPEN", type: "UDP" } };
      expect(problems([bad]).join("\n")).toMatch(/fail_strategy[^]*|type/);
      expect(problems([bad])).toHaveLength(2);
      expect((await istioctl([bad], "bad")).code).not.toBe(0);
    });
  },
);

describe.skipIf(missing !== null || gatewaySources === null)(
  `what is deployed to Envoy Gateway${missing ? ` (${missing})` : gatewaySources === null ? " (its sources are not there)" : ""}`,
  () => {
    const file =
      "charts/gateway-crds-helm/templates/generated/gateway.envoyproxy.io_envoyextensionpolicies.yaml";
    beforeAll(() => addDefinitions(join(gatewaySources!, file)));

    it("is as the definitions of its kinds say", async () => {
      const objects = [
        ...(await rendered("-f", GATEWAY)),
        ...(await kustomized("deploy/kustomize/overlays/envoygateway")),
      ];
      expect(objects).toHaveLength(2);
      expect(problems(objects)).toEqual([]);
      const bad = { ...objects[0]!, spec: { ...objects[0]!.spec, phase: "AUTHN" } };
      expect(problems([bad])).toHaveLength(1);
    });
  },
);
