import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { locateEnvoy, startEnvoy } from "../../harness/envoy/index.js";

const run = promisify(execFile);

let folder: string;
let tarball: string;

// As an author has it: the package as it would be published, in a project of its own.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-init-"));
  await run(process.execPath, ["scripts/setup.mjs"]);
  const { stdout } = await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder]);
  tarball = join(folder, stdout.trim().split("\n").at(-1) ?? "");
  await locateEnvoy({});
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function tremula(...args: string[]) {
  return run(process.execPath, [join(process.cwd(), "dist", "harness", "cli.js"), ...args], { cwd: folder });
}

it.each(["http", "tcp"])(
  "makes a %s project that builds, passes its tests and starts",
  { timeout: 120_000 },
  async (template) => {
    const name = `my-${template}`;
    await tremula("init", name, "--template", template);
    const project = join(folder, name);
    expect(await readdir(project)).toEqual(
      expect.arrayContaining([".gitignore", "README.md", "envoy.yaml", "index.ts", `${name}.test.mjs`]),
    );

    const manifest = JSON.parse(await readFile(join(project, "package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
    };
    expect(manifest.devDependencies["tremula"]).toBe(
      `file:${relative(await realpath(project), process.cwd())}`,
    );
    manifest.devDependencies["tremula"] = `file:${tarball}`;
    await writeFile(join(project, "package.json"), JSON.stringify(manifest));
    await run("npm", ["install", "--silent"], { cwd: project });
    const { stdout } = await run("npm", ["test"], { cwd: project });
    expect(stdout).toMatch(/# pass [23]\n/);
    expect(stdout).toMatch(/# fail 0\n/);
    if (template === "http") expect(stdout).toMatch(/Envoy .*: 8 passed, 0 failed/);

    const config = (await readFile(join(project, "envoy.yaml"), "utf8")).replace(
      /port_value: \d+/g,
      "port_value: 0",
    );
    const envoy = await startEnvoy({ config, cwd: project });
    await envoy.stop();
  },
);

it("says what is wrong with a name, a folder or a template", async () => {
  const refused = (...args: string[]) =>
    tremula("init", ...args).then(
      () => expect.fail("it was not refused"),
      (error: unknown) => error as { code: number; stderr: string },
    );
  expect(await refused("My_Filter")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("lower-case") as string,
  });
  expect(await refused(".")).toMatchObject({ code: 2 });
  expect(await refused("fine", "--template", "udp")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no template "udp"; there are: http, tcp') as string,
  });
  expect(await readdir(folder)).not.toContain("fine");
});
