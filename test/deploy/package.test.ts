import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateEnvoy } from "../../harness/envoy/index.js";
import { waitFor } from "../../harness/envoy/wait.js";
import { RegistryServer } from "../../harness/upstream/registry.js";
import { toolsMissing } from "../debian-tools.js";

const execute = promisify(execFile);
const FILTERS = ["jwt-authn", "protocol-detection", "rbac", "telemetry"];
const CLI = "dist/harness/cli.js";
const registryMissing = await toolsMissing("docker-registry");

/** An empty folder in which the package is installed from its tarball, as a user does. */
let project: string;
let installed: string;
let packed: readonly string[];

const read = (path: string) => readFile(join(installed, path), "latin1");
const tremula = (...args: string[]) =>
  execute(process.execPath, [join(installed, CLI), ...args], { cwd: project });

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "tremula-package-"));
  // What `prepack` makes, so that only it can have made what is packed.
  await rm(join("dist", "sbom.cdx.json"), { force: true });
  const { stdout } = await execute("npm", ["pack", "--json", "--pack-destination", project]);
  const [tarball] = JSON.parse(stdout.slice(stdout.indexOf("["))) as {
    filename: string;
    files: { path: string }[];
  }[];
  packed = tarball!.files.map(({ path }) => path);
  await execute("npm", ["init", "-y"], { cwd: project });
  const file = `./${tarball!.filename}`;
  await execute("npm", ["install", "--silent", "--no-audit", "--no-fund", file], { cwd: project });
  installed = join(project, "node_modules", "tremula");
  await locateEnvoy({});
  // It compiles, installs from a registry, and may fetch an Envoy.
}, 480_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe("the package", () => {
  it("has what a user needs, and nothing else", () => {
    const folders = new Set(
      packed.map((path) => path.split("/").slice(0, path.startsWith("dist/") ? 2 : 1)[0]),
    );
    expect([...folders].sort()).toEqual(
      [
        ...[
          "CHANGELOG.md",
          "LICENSE",
          "RATIONALE.md",
          "README.md",
          "asconfig.json",
          "assembly",
          "deploy",
          "dist",
        ],
        ...["docs", "envoy-configs", "examples", "filters", "package.json", "templates"],
      ].sort(),
    );
    expect(packed.filter((path) => path.startsWith("dist/wasm/"))).toEqual(
      FILTERS.map((name) => `dist/wasm/${name}.wasm`),
    );
    expect(packed).toEqual(
      expect.arrayContaining([
        ...["dist/harness/cli.js", "dist/harness/index.d.ts", "assembly/index.ts", "filters/rbac/index.ts"],
        ...["deploy/crds/secureingresspolicies.yaml", "deploy/schemas/secureingresspolicy.json"],
        ...["deploy/helm/tremula-filters/Chart.yaml", "deploy/helm/tremula-filters/templates/_helpers.tpl"],
        ...["deploy/kustomize/base/kustomization.yaml", "envoy-configs/rbac.yaml", "docs/generate.md"],
      ]),
    );
    const unwanted = packed.filter(
      (path) =>
        /\.(?:map|tsbuildinfo|part|inputs\.json|tgz|log)$|^(?:test|build|scripts|docs\/api)\/|\bnode_modules\//.test(
          path,
        ) ||
        (/\.test\./.test(path) && !path.startsWith("templates/")),
    );
    expect(unwanted).toEqual([]);
    // What an older compilation has left.
    const orphans = packed.filter((path) => {
      const source = /^dist\/(harness\/.*?)(?:\.d\.ts|\.js)$/.exec(path)?.[1];
      return source !== undefined && !existsSync(`${source}.ts`);
    });
    expect(orphans).toEqual([]);
  });

  it("has no path or name of the machine that packed it", async () => {
    // A short path, such as `/tmp`, may be meant.
    const marks = [process.cwd(), homedir(), tmpdir()].filter((place) => place.length > 4);
    const found: string[] = [];
    for (const path of packed) {
      const text = await read(path);
      for (const mark of marks) if (text.includes(`${mark}/`)) found.push(`${path}: ${mark}`);
    }
    expect(found).toEqual([]);
  });

  it("says its licence in each source that is compiled into a module", async () => {
    const sources = packed.filter((path) => /^(?:assembly|filters)\/.*\.ts$/.test(path));
    expect(sources.length).toBeGreaterThan(300);
    const without: string[] = [];
    for (const path of sources) {
      if (!(await read(path)).startsWith("// SPDX-License-Identifier: Apache-2.0\n")) without.push(path);
    }
    expect(without).toEqual([]);
  });

  it("links to what it has, or to tests in the repository", async () => {
    const there = new Set(packed.flatMap((path) => [path, ...parentsOf(path)]));
    const broken: string[] = [];
    for (const path of packed.filter((one) => one.endsWith(".md") && !one.startsWith("templates/"))) {
      for (const [, target] of (await read(path)).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
        const wanted = posix.join(posix.dirname(path), target!).replace(/\/$/, "");
        if (!there.has(wanted) && !wanted.startsWith("test/")) broken.push(`${path}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it("has a bill of materials: its modules, and what npm installs along with it", async () => {
    interface Bill {
      components: {
        name: string;
        type: string;
        hashes?: { alg: string; content: string }[];
        licenses?: object[];
      }[];
      dependencies: { ref: string; dependsOn?: string[] }[];
    }
    const text = await read("dist/sbom.cdx.json");
    const { components, dependencies } = JSON.parse(text) as Bill;
    const named = (type: string) => components.filter((one) => one.type === type).map(({ name }) => name);
    const lock = JSON.parse(await readFile(join(project, "node_modules/.package-lock.json"), "utf8")) as {
      packages: object;
    };
    const along = new Set(Object.keys(lock.packages).map((place) => place.split("node_modules/").at(-1)));
    along.delete("tremula");
    expect(new Set(named("library"))).toEqual(along);
    const { dependencies: direct } = JSON.parse(await read("package.json")) as { dependencies: object };
    expect(dependencies.find(({ ref }) => ref.startsWith("pkg:npm/tremula@"))?.dependsOn).toHaveLength(
      Object.keys(direct).length,
    );
    for (const { name, hashes, licenses } of components) {
      expect([name, hashes?.length, licenses?.length]).toEqual([name, 1, 1]);
    }
    expect(named("file")).toEqual(FILTERS.map((filter) => `dist/wasm/${filter}.wasm`));
    for (const { name, hashes } of components.filter(({ type }) => type === "file")) {
      const octets = await readFile(join(installed, name));
      expect(hashes![0]!.content).toBe(createHash("sha256").update(octets).digest("hex"));
    }
    // Nothing that another run would not say, such as the library's random references.
    expect(text).not.toMatch(/"(?:timestamp|serialNumber)"|BomRef\./);
  });

  it("names a file for each of its exports and commands", async () => {
    const manifest = JSON.parse(await read("package.json")) as {
      bin: Record<string, string>;
      exports: Record<string, string | Record<string, string>>;
      engines: { node: string };
    };
    const files = [
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((one) =>
        typeof one === "string" ? [one] : Object.values(one),
      ),
    ].filter((one) => !one.includes("*"));
    expect(files.filter((one) => !packed.includes(posix.normalize(one)))).toEqual([]);
    expect(manifest.engines.node).toBe(">=20");
  });
});

function parentsOf(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === "." ? [] : [parent, ...parentsOf(parent)];
}

describe("installed in an empty folder, it", () => {
  it("shows its commands and makes a project", async () => {
    const { stdout } = await execute("npx", ["--no-install", "tremula", "--help"], { cwd: project });
    for (const command of ["init", "build", "run", "generate", "push"])
      expect(stdout).toContain(`  ${command} `);
    await tremula("init", "my");
    expect(await readdir(join(project, "my"))).toContain("index.ts");
    // From where it has come itself, for no registry may have it.
    const manifest = JSON.parse(await readFile(join(project, "my", "package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
    };
    expect(manifest.devDependencies["tremula"]).toMatch(/^file:\.\.\/tremula-[\d.]+\.tgz$/);
  });

  // The filters that are shipped were compiled in this repository, these in the installed package: other folders.
  it("compiles its filters to the very octets that it brings along", { timeout: 180_000 }, async () => {
    const folder = join(project, "own");
    await mkdir(folder);
    const entries = FILTERS.map((name) => join(installed, "filters", name, "index.ts"));
    const { stdout } = await execute(process.execPath, [join(installed, CLI), "build", ...entries], {
      cwd: folder,
    });
    for (const name of FILTERS) {
      const [own, shipped] = await Promise.all([
        readFile(join(folder, "build", `${name}.wasm`)),
        readFile(join(installed, "dist", "wasm", `${name}.wasm`)),
      ]);
      expect(stdout).toContain(`build/${name}.wasm  ${shipped.length} bytes\n`);
      expect(own.equals(shipped), name).toBe(true);
      for (const place of [process.cwd(), project]) expect(own.includes(place)).toBe(false);
    }
  });

  it("runs its configs with its own modules, without a build", { timeout: 60_000 }, async () => {
    // At free ports, since others may use these.
    const config = (await read("envoy-configs/rbac.yaml")).replace(/port_value: \d+/g, "port_value: 0");
    await writeFile(join(project, "rbac.yaml"), config);
    const child = spawn(process.execPath, [join(installed, CLI), "run", "rbac.yaml"], {
      cwd: project,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "exit");
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
    try {
      const url = await waitFor({
        what: "tremula run to be ready",
        timeoutMs: 40_000,
        check: () => {
          if (child.exitCode !== null) throw new Error(said);
          return Promise.resolve(/ {2}main: (http:\S+)/.exec(said)?.[1]);
        },
      });
      expect(said).toContain(
        `build/rbac.wasm is not there; the package's own is taken: ${"node_modules/tremula/dist/wasm/rbac.wasm"}`,
      );
      expect((await fetch(url)).status).toBe(200);
      expect((await fetch(`${url}/orders/7`)).status).toBe(403);
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
  });

  it.skipIf(registryMissing !== null)(
    `pushes its own modules${registryMissing === null ? "" : ` (${registryMissing})`}`,
    async () => {
      const registry = await RegistryServer.start();
      try {
        const image = `oci://${registry.address}/tremula/rbac:0.1.0`;
        const module = "node_modules/tremula/dist/wasm/rbac.wasm";
        await tremula("push", module, image, "--images", "images.json");
        const images = JSON.parse(await readFile(join(project, "images.json"), "utf8")) as object;
        expect(images).toMatchObject({ rbac: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
      } finally {
        await registry.stop();
      }
    },
  );
});
