import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FILTERS } from "../../harness/generate/plugin.js";
import { execute, tremula } from "./execute.js";
import { meshTool, meshToolsMissing } from "./tools.js";

const missing = meshToolsMissing("istioctl");
const EXAMPLES = ["-f", "examples/resources", "--namespace", "shop"];
/** What is not only in the examples: keys by address, a mesh's own addresses, ports that are no HTTP. */
const MORE = ["-f", "test/generate/golden/input.yaml", "--namespace", "prod", "--labels", "app=web"];
const TARGETS = ["envoyfilter", "wasmplugin", "trafficextension"];

describe.skipIf(missing !== null)(`istioctl${missing === null ? "" : ` (${missing})`}`, () => {
  let folder: string;
  let images: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tremula-istioctl-"));
    images = join(folder, "images.json");
    const image = { url: "oci://registry.example/filters/one:1.0.0", sha256: "a".repeat(64) };
    writeFileSync(images, JSON.stringify(Object.fromEntries(FILTERS.map((filter) => [filter, image]))));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Of what is right, and worth a thought: EnvoyFilters as such, and policies for gateways with HTTP alone. */
  const WARNINGS = /EnvoyFilter exposes internal|will deny all traffic to TCP ports under its scope/;

  /** Both of its ways to look at resources, without a cluster. */
  async function expectAccepted(...files: readonly string[]): Promise<void> {
    expect(files).not.toEqual([]);
    const istioctl = meshTool("istioctl")!;
    const valid = await execute(istioctl, ["validate", ...files.flatMap((file) => ["-f", file])]);
    expect(valid.code, valid.stdout + valid.stderr).toBe(0);
    const args = ["analyze", "--use-kube=false", "--all-namespaces", "-o", "json"];
    const { code, stdout, stderr } = await execute(istioctl, [...args, ...files]);
    expect(code, stderr).toBe(0);
    const messages = JSON.parse(stdout) as { code: string; message: string }[];
    expect(messages.filter(({ message }) => !WARNINGS.test(message))).toEqual([]);
  }

  function written(text: string, name: string): string {
    expect(text).toContain("apiVersion:");
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, text);
    return file;
  }

  it("refuses what is wrong: a word that no resource has", async () => {
    const file = written(
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {rulez: []}\n",
      "wrong",
    );
    expect((await execute(meshTool("istioctl")!, ["validate", "-f", file])).code).not.toBe(0);
  });

  describe.each(TARGETS)("accepts what is generated as %s", (target) => {
    it.each([
      ["a workload", [...EXAMPLES, "--workload", "orders"]],
      ["a gateway by its labels", [...EXAMPLES, "--labels", "istio=ingressgateway", "--gateway"]],
      ["a gateway by its name", [...EXAMPLES, "--labels", "istio=ingressgateway", "--gateway", "front"]],
      ["HTTP and TCP and keys by address", MORE],
    ])("for %s", async (name, args) => {
      const { stdout } = await tremula("generate", ...args, "--target", target, "--images", images);
      await expectAccepted(written(stdout, `${target}-${name.replaceAll(" ", "-")}`));
    });
  });

  it.each(["exempt", "require"])("accepts a SecureIngressPolicy in Istio's words (%s)", async (mode) => {
    const text = readFileSync("test/mesh/inputs/ingress.yaml", "utf8");
    const one = text.split("---\n").find((part) => part.includes(`mode: ${mode}`))!;
    const input = written(one, `ingress-${mode}`);
    const gateway = ["--namespace", "shop", "--labels", "istio=ingressgateway", "--gateway"];
    const normalized = ["--path-normalization", "DECODE_AND_MERGE_SLASHES"];
    const how = [...gateway, ...normalized, "--target", "istio"];
    const { stdout } = await tremula("generate", "-f", input, ...how);
    await expectAccepted(written(stdout, `ingress-${mode}-istio`));
  });

  it("accepts what old resources become", async () => {
    const { stdout } = await tremula("migrate", "test/mesh/inputs/old-policies.yaml");
    for (const kind of ["PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy"])
      expect(stdout).toContain(`kind: ${kind}`);
    await expectAccepted(written(stdout, "migrated"));
  });

  it("accepts each phase of the way to mTLS, and its rollback", async () => {
    const out = join(folder, "plan");
    mkdirSync(out);
    // Phases that something stands in the way of are written all the same, and end with 1.
    const args = ["migrate", "mtls-plan", "test/mesh/inputs/namespace.yaml", "--out", out];
    const { code, stderr } = await execute(process.execPath, ["dist/harness/cli.js", ...args]);
    expect(code, stderr).toBeLessThanOrEqual(1);
    const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".yaml"),
    );
    for (const name of files) {
      const valid = await execute(meshTool("istioctl")!, ["validate", "-f", join(out, name)]);
      expect(valid.code, `${name}: ${valid.stdout}${valid.stderr}`).toBe(0);
    }
    expect(files.length).toBeGreaterThan(3);
  });

  it("accepts what vet --fix makes of Services", async () => {
    const file = join(folder, "namespace.yaml");
    copyFileSync("test/mesh/inputs/namespace.yaml", file);
    const { stderr } = await execute(process.execPath, ["dist/harness/cli.js", "vet", file, "--fix"]);
    expect(stderr).toMatch(/^fixed: .*: \d+$/m);
    await expectAccepted(file);
  });
});
