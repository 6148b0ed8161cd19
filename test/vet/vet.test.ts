import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readResources, resourcesOf } from "../../harness/resources/index.js";
import {
  CHECKS,
  fixFiles,
  insert,
  insertionsOf,
  ISTIO_CODES,
  jsonReport,
  RULES,
  sarifReport,
  textReport,
  vet,
} from "../../harness/vet/index.js";

const CLI = join(import.meta.dirname, "../../dist/harness/cli.js");

const SERVICES = `# mail and more
apiVersion: v1
kind: Service
metadata:
  name: mail
  namespace: prod
spec:
  ports:
  - name: main # submission
    port: 587
  - {port: 389, name: directory}
  - port: 9000
    name: web-http
  - port: 9001
    name: what
  - name: x
    port: 4222
    appProtocol: acme.dev/nats
`;

function fixed(text: string): string {
  const { findings } = vet(resourcesOf(text, { file: "f.yaml" }));
  return insert(text, insertionsOf(findings).get("f.yaml") ?? []);
}

describe("checks", () => {
  it("have ids of their own, and say what and why", () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, title, why } of RULES) {
      expect(id).toMatch(/^[A-Z]{2,3}\d{3}$/);
      expect(title).not.toMatch(/[.]$/);
      expect(why).toMatch(/[.)]$/);
    }
    expect(CHECKS.length).toBe(RULES.length - 2);
  });

  it("are all in the guide", () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/vet.md"), "utf8");
    const rows = [...guide.matchAll(/^\| ([A-Z]+\d+) +\| (\w+) +\| (\w*) +\| (.*?) +\|$/gm)].map((row) =>
      row.slice(1, 5),
    );
    expect(rows).toEqual(RULES.map(({ id, severity, istio = "", title }) => [id, severity, istio, title]));
  });

  it("name the codes of istioctl", () => {
    expect(ISTIO_CODES.get("PD001")).toBe("IST0118");
    expect([...ISTIO_CODES.values()].every((code) => /^IST\d{4}$/.test(code))).toBe(true);
  });
});

describe("findings", () => {
  const result = vet(resourcesOf(SERVICES, { file: "f.yaml" }));

  it("come with the worst first, and say where", () => {
    expect(
      result.findings.map(({ id, severity, position: { line, column } }) => [id, severity, line, column]),
    ).toEqual([
      ["PD002", "error", 9, 5],
      ["PD002", "error", 16, 5],
      ["PD010", "warning", 11, 5],
      ["PD001", "info", 9, 5],
      ["PD001", "info", 11, 5],
      ["PD001", "info", 12, 5],
      ["PD001", "info", 14, 5],
      ["PD001", "info", 16, 5],
    ]);
  });

  it("may be of resources that cannot be read", () => {
    const broken = SERVICES.replace("ports:", "port:");
    const [finding] = vet(resourcesOf(broken, { file: "f.yaml" })).findings;
    expect(finding).toMatchObject({
      id: "RS001",
      severity: "error",
      object: "Service prod/mail",
      namespace: "prod",
      name: "mail",
    });
    expect(finding!.message).toBe('spec.port: unknown field "port"');
  });

  it("are refused when there are more than memory holds", () => {
    const route = '{match: [{uri: {prefix: "/"}}], route: [{destination: {host: a}}]}';
    const routes = (name: string) =>
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ${name}}\nspec: {hosts: [a], http: [${route}]}\n`;
    const many = Array.from({ length: 720 }, (_, index) => routes(`v${index}`)).join("---\n");
    expect(() => vet(resourcesOf(many))).toThrow(/^VS002 finds .* more than 250000 times$/);
  });

  it("can be ignored by their object's annotation, or for all", () => {
    const annotated = SERVICES.replace(
      "  namespace: prod",
      '  namespace: prod\n  annotations: {tremula.dev/vet-ignore: "PD001, PD002,PD0010"}',
    );
    const { findings, suppressed } = vet(resourcesOf(annotated));
    expect(findings.map(({ id }) => id)).toEqual(["PD010", "RS002"]);
    expect(findings[1]!.message).toBe('"PD0010" is no check');
    expect(suppressed).toHaveLength(7);
    const ignored = vet(resourcesOf(SERVICES), { ignore: ["PD001", "PD010"] });
    expect(ignored.findings.map(({ id }) => id)).toEqual(["PD002", "PD002"]);
  });
});

describe("safe fixes", () => {
  it("declare what is certain and leave everything else as it is written", () => {
    expect(fixed(SERVICES)).toBe(
      SERVICES.replace("- name: main # sub", "- appProtocol: tcp\n    name: main # sub")
        .replace("{port: 389", "{appProtocol: tcp, port: 389")
        .replace("- port: 9000", "- appProtocol: http\n    port: 9000"),
    );
    expect(fixed(fixed(SERVICES))).toBe(fixed(SERVICES));
  });

  it("work in lists, in JSON and with tabs of Windows", () => {
    const item = SERVICES.split("\n")
      .slice(1, -1)
      .map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`))
      .join("\n");
    const list = `apiVersion: v1\nitems:\n${item}\nkind: List\n`;
    expect(fixed(list)).toContain("    - appProtocol: tcp\n      name: main # submission\n      port: 587\n");
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a" },
      spec: { ports: [{ port: 587 }] },
    };
    expect(JSON.parse(fixed(JSON.stringify(service)))).toEqual({
      ...service,
      spec: { ports: [{ appProtocol: "tcp", port: 587 }] },
    });
    expect(JSON.parse(fixed(JSON.stringify(service, undefined, 2)))).toEqual({
      ...service,
      spec: { ports: [{ appProtocol: "tcp", port: 587 }] },
    });
    const crlf = SERVICES.replaceAll("\n", "\r\n");
    expect(resourcesOf(fixed(crlf)).problems).toEqual([]);
    expect(vet(resourcesOf(fixed(crlf))).findings.map(({ id }) => id)).toEqual(["PD002", "PD001", "PD001"]);
  });

  it("are those of the worst finding where two want the same place", () => {
    const text =
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 9000, name: a-smtp-http}]}\n";
    expect(fixed(text)).toContain("{appProtocol: tcp, port: 9000");
  });

  it("do not touch what comes by a merge", () => {
    const text =
      "apiVersion: v1\nkind: Service\nmetadata: {name: a, x: &s {ports: [{port: 587}]}}\nspec:\n  <<: *s\n  selector: {a: b}\n";
    expect(vet(resourcesOf(text)).findings.map(({ id }) => id)).toContain("PD002");
    expect(fixed(text)).toBe(text);
  });

  it("leave alone a port whose appProtocol is there without a value", () => {
    for (const port of [
      "\n  - name: web-http\n    appProtocol:\n    port: 80",
      " [{port: 587, appProtocol: null}]",
    ]) {
      const text = `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:${port}\n`;
      expect(vet(resourcesOf(text)).findings).not.toEqual([]);
      expect(fixed(text)).toBe(text);
    }
  });

  it("keep a file's line ends and the mark at its beginning", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tremula-vet-"));
    const file = join(folder, "services.yaml");
    const windows = (text: string): string => `\uFEFF${text.replaceAll("\n", "\r\n")}`;
    await writeFile(file, windows(SERVICES));
    await fixFiles(vet(await readResources([file])).findings);
    expect(await readFile(file, "utf8")).toBe(windows(fixed(SERVICES)));
  });

  it("are not made in a file that has changed meanwhile", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tremula-vet-"));
    const [file, other] = [join(folder, "a.yaml"), join(folder, "b.yaml")];
    await writeFile(file, SERVICES);
    await writeFile(other, SERVICES.replace("name: mail", "name: post"));
    const { findings } = vet(await readResources([folder]));
    await writeFile(other, "# nothing any more\n");
    await expect(fixFiles(findings)).rejects.toThrow(/b.yaml has changed since it was read/);
    expect(await readFile(other, "utf8")).toBe("# nothing any more\n");
    expect(await readFile(file, "utf8")).toBe(SERVICES);
  });

  it("do not touch what comes by an alias", () => {
    const aliased =
      "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: &a {}}\nspec: {selector: {a: &p b}, ports: [&x {port: 587}, *x]}";
    const text = fixed(aliased);
    expect(text).toContain("[&x {appProtocol: tcp, port: 587}, *x]");
  });
});

describe("reports", () => {
  const result = vet(resourcesOf(`${SERVICES}---\nkind: Secret\napiVersion: v1\n`, { file: "a dir/f.yaml" }));

  it("for people: each check once, with why and what to do", () => {
    const text = textReport(result);
    expect(text.match(/every connection hangs/g)).toHaveLength(1);
    expect(text).toContain("a dir/f.yaml:9");
    expect(text).toContain("fix: declare it: appProtocol: tcp");
    expect(text).toContain("1 object: 2 errors, 1 warning, 5 info\nleft alone: 1 Secret\n");
    expect(text.split("\n").every((line) => line.length < 130)).toBe(true);
  });

  it("for people: without what steers a terminal", () => {
    const kinds = 'apiVersion: v1\nkind: "Se\\e[2Jcret"\n';
    const port =
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1, name: "a\\e]0;x\\a\\nerror"}]}\n';
    const text = textReport(vet(resourcesOf(`${kinds}---\n${port}`)));
    expect(text).toContain("1 Se\\x1b[2Jcret");
    expect(text).toContain("port 1 (a\\x1b]0;x\\x07\\x0aerror)");
  });

  it("for programs", () => {
    const json = jsonReport(result);
    expect(json.findings[0]).toMatchObject({
      id: "PD002",
      file: "a dir/f.yaml",
      line: 9,
      kind: "Service",
      path: "spec.ports[0]",
      fixable: true,
    });
    expect(json.findings.find(({ id }) => id === "PD001")?.istio).toBe("IST0118");
    expect(json).toMatchObject({
      counts: { error: 2, warning: 1, info: 5 },
      objects: 1,
      unread: { Secret: 1 },
    });
  });

  it("as SARIF: rules by number, levels, places and fixes", () => {
    const { version, runs } = sarifReport(result, "1.2.3") as {
      version: string;
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    };
    expect(version).toBe("2.1.0");
    const [{ tool, results }] = runs as [(typeof runs)[0]];
    for (const one of results) expect(tool.driver.rules[one["ruleIndex"] as number]?.id).toBe(one["ruleId"]);
    expect(results[0]).toMatchObject({
      ruleId: "PD002",
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "a%20dir/f.yaml" },
            region: { startLine: 9, startColumn: 5 },
          },
        },
      ],
      fixes: [
        {
          artifactChanges: [
            {
              replacements: [
                { deletedRegion: { charOffset: SERVICES.indexOf("name: main"), charLength: 0 } },
              ],
            },
          ],
        },
      ],
    });
    expect(results.at(-1)).toMatchObject({ level: "note" });
  });
});

describe("the command", () => {
  const tremula = (args: string[], input = "") =>
    spawnSync(process.execPath, [CLI, "vet", ...args], { input, encoding: "utf8" });

  it("reads standard input and ends with 1 on errors", () => {
    const { status, stdout } = tremula(["-"], SERVICES);
    expect(stdout).toContain("<stdin>:9 Service prod/mail");
    expect(status).toBe(1);
  });

  it.each([
    [["--ignore", "PD001", "manifests"], "--ignore: manifests is no check"],
    [["-", "--ignore", "PD01"], "--ignore: PD01 is no check"],
    [["-", "--metrics", "/no/such/file"], "--metrics /no/such/file: no such file"],
  ])("says what is wrong with %j", (args, message) => {
    const { status, stderr } = tremula(args, SERVICES);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(2);
  });

  it("tells what is left when some was fixed and some came by standard input", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tremula-vet-"));
    await writeFile(join(folder, "services.yaml"), SERVICES);
    const piped = SERVICES.replace("name: mail", "name: post");
    const { stdout, stderr } = tremula([folder, "-", "--fix", "--json", "-"], piped);
    expect(stderr).toMatch(/^fixed: .*: 3\nstandard input is not changed/);
    const { counts } = JSON.parse(stdout) as { counts: object };
    expect(counts).toEqual({ error: 1 + 2, warning: 1, info: 2 + 5 });
  });

  it("writes fixes and reports", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tremula-vet-"));
    const file = join(folder, "services.yaml");
    await writeFile(file, SERVICES);
    const { status, stdout, stderr } = tremula([
      folder,
      "--fix",
      "--json",
      "-",
      "--sarif",
      join(folder, "vet.sarif.txt"),
    ]);
    expect(stderr).toBe(`fixed: ${file}: 3\n`);
    expect(await readFile(file, "utf8")).toBe(fixed(SERVICES));
    const { counts } = JSON.parse(stdout) as { counts: object };
    expect(counts).toEqual({ error: 1, warning: 0, info: 2 });
    expect(status).toBe(1);
    expect(JSON.parse(await readFile(join(folder, "vet.sarif.txt"), "utf8"))).toHaveProperty("runs");
  });
});
