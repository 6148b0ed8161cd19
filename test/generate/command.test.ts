import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { register } from "../../harness/commands/generate.js";
import { ExitCode, HarnessError } from "../../harness/errors.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tremula-generate-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `tremula generate`, in this process, with some resources in a file that stands for `-`. */
async function generate(args: readonly string[], input = ""): Promise<Outcome> {
  const file = join(folder, "given.yaml");
  writeFileSync(file, input);
  const written = { out: "", err: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      written[stream === "stdout" ? "out" : "err"] += String(text);
      return true;
    }),
  );
  const program = new Command().exitOverride();
  register(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  const paths = args.map((arg) => (arg === "-" ? file : arg.endsWith(".yaml") ? join(folder, arg) : arg));
  try {
    await program.parseAsync(["generate", ...paths], { from: "user" });
    return { code: 0, ...written };
  } catch (error) {
    if (error instanceof CommanderError) return { code: ExitCode.usage, ...written };
    if (!(error instanceof HarnessError)) throw error;
    return { code: error.exitCode, out: written.out, err: `${error.message}\n${error.hint ?? ""}` };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const policy = (spec: string, namespace = "prod") =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: ${namespace}}, spec: ${spec}}\n`;
const deployment = (name: string) =>
  `---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: prod}, spec: {template: {metadata: {labels: {app: ${name}}}}}}\n`;

describe("tremula generate", () => {
  test.for([
    [[], 2, /name files or folders with -f/],
    [["-f", "-"], 2, /--upstream HOST\[:PORT\] passes them on, --try answers them/],
    [["-f", "-", "--try", "--upstream", "a"], 2, /where do requests go/],
    [["-f", "nowhere", "--try"], 2, /nowhere: no such file/],
    [["-f", "-", "--try", "--workload", "web"], 2, /no workload web in the files/],
    [["-f", "-", "--try", "--labels", "app"], 2, /Expected NAME=VALUE/],
    [["-f", "-", "--try", "--jwks", "a=missing.json"], 2, /missing\.json/],
    [["-f", "-", "--target", "wasmplugin"], 2, /where the image of rbac is/],
    [["-f", "-", "--target", "envoygateway"], 2, /say which with --gateway NAME/],
  ] as const)("%j ends with %d", async ([args, code, message]) => {
    const { out, err, ...rest } = await generate(args, policy("{rules: [{}]}", "default"));
    expect(err).toMatch(message);
    expect({ code: rest.code, out }).toEqual({ code, out: "" });
  });

  test.for(["", "null", "[]", '{"kty":"EC"}'])("takes no keys that are none: %j", async (text) => {
    const keys = join(folder, "keys.json");
    writeFileSync(keys, text);
    const input = `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: r}, spec: {jwtRules: [{issuer: i}]}}`;
    const { code, err, out } = await generate(["-f", "-", "--try", "--jwks", `i=${keys}`], input);
    expect(err).toMatch(/keys\.json is no (set of keys|JSON)/);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  test("names file, line and path of what Istio would refuse, and of what nobody knows", async () => {
    writeFileSync(
      join(folder, "bad.yaml"),
      "# first\n" + policy("{action: DENY}") + "---\n" + policy("{rulez: []}").replace("name: p", "name: q"),
    );
    const { code, err } = await generate(["-f", "bad.yaml", "--try"]);
    expect(code).toBe(1);
    expect(err).toMatch(/bad\.yaml:4: AuthorizationPolicy prod\/q: spec\.rulez: unknown field/);
    writeFileSync(join(folder, "bad.yaml"), "# first\n" + policy("{action: DENY}"));
    expect((await generate(["-f", "bad.yaml", "--try"])).err).toMatch(
      /bad\.yaml:2: AuthorizationPolicy prod\/p: spec\.rules: DENY needs rules/,
    );
  });

  test("takes the one workload that there is, and asks which when there are two", async () => {
    const input = policy("{selector: {matchLabels: {app: web}}}") + deployment("web");
    const one = await generate(["-f", "-", "--try"], input);
    expect(one.out).toContain("tremula-rbac-allow");
    const two = await generate(["-f", "-", "--try"], input + deployment("db"));
    expect(two.out).not.toContain("tremula-rbac-allow");
    const named = await generate(["-f", "-", "--try", "--workload", "web"], input + deployment("db"));
    expect(named.out).toBe(one.out);
  });

  test("refuses what it cannot enforce exactly, and lists it with --allow-partial", async () => {
    const input = policy("{action: CUSTOM, provider: {name: opa}, rules: [{}]}", "default");
    const refused = await generate(["-f", "-", "--try"], input);
    expect(refused).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/CUSTOM asks the provider opa/) as string,
    });
    const allowed = await generate(["-f", "-", "--try", "--allow-partial"], input);
    expect(allowed).toMatchObject({ code: 0, err: expect.stringMatching(/^not exact: .*CUSTOM/) as string });
    expect(allowed.out).toContain("istio-ext-authz-opa");
  });

  test("passes on what is let through", async () => {
    const { out } = await generate(
      ["-f", "-", "--upstream", "[::1]:8081", "--listen", "127.0.0.2"],
      policy("{rules: [{}]}", "default"),
    );
    const { static_resources: made } = parse(out) as {
      static_resources: {
        clusters: { type: string; load_assignment: object }[];
        listeners: { address: object }[];
      };
    };
    expect(made.clusters).toEqual([expect.objectContaining({ name: "upstream-10000", type: "STATIC" })]);
    expect(JSON.stringify(made.clusters)).toContain('"address":"::1","port_value":8081');
    expect(made.listeners[0]!.address).toEqual({
      socket_address: { address: "127.0.0.2", port_value: 10_000 },
    });
  });

  test(
    "a thousand policies and ten thousand that are for others are done in seconds",
    { timeout: 60_000 },
    async () => {
      const many = Array.from({ length: 11_000 }, (_, index) =>
        policy("{rules: [{to: [{operation: {paths: [/x]}}]}]}", index < 1000 ? "prod" : "other").replace(
          "name: p",
          `name: p${index}`,
        ),
      );
      const { code, out } = await generate(
        ["-f", "-", "--try", "--namespace", "prod", "--labels", "a=b"],
        many.join("---\n"),
      );
      expect(code).toBe(0);
      expect(out.match(/ns\[prod\]-policy/g)).toHaveLength(1000);
      expect(out).not.toContain("ns[other]");
    },
  );

  test("prints the schema and the definition of SecureIngressPolicy", async () => {
    const json = await generate(["--print-schema", "json"]);
    const crd = await generate(["--print-schema", "crd"]);
    expect(JSON.parse(json.out)).toMatchObject({ title: "SecureIngressPolicy" });
    expect(parse(crd.out)).toMatchObject({ metadata: { name: "secureingresspolicies.tremula.dev" } });
  });
});
