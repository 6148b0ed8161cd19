import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const CLI = join(process.cwd(), "dist", "harness", "cli.js");

/** Blanks and letters that are not ASCII, as people's folders have. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula wörng "));
  await mkdir(join(folder, "empty"));
  await mkdir(join(folder, "filter"));
  await writeFile(join(folder, "filter", "index.ts"), "");
  await writeFile(join(folder, "file"), '{"name":"x"}');
  await run(process.execPath, ["scripts/setup.mjs"]);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a command that fails says, and with which code it ends. */
async function failing(...args: string[]): Promise<{ code: number; stderr: string; stdout: string }> {
  return run(process.execPath, [CLI, ...args], { cwd: folder }).then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as { code: number; stderr: string; stdout: string },
  );
}

it.each([
  [["inspect", "none.wasm"], 2, "none.wasm: no such file\n"],
  [["inspect", "empty"], 2, "empty: it is a folder\n"],
  [["inspect", "file/x.wasm"], 2, "file/x.wasm: what stands for a folder in it is a file\n"],
  [["run", "empty"], 2, "empty: it is a folder\n"],
  [["telemetry", "bootstrap", "empty"], 2, "empty: it is a folder\n"],
  [["explain-bytes", "empty"], 2, "empty: it is a folder\n"],
  [["generate", "--try", "-f", "file/x"], 2, "file/x: what stands for a folder in it is a file\n"],
  [["vet", "empty"], 2, "empty: no file in it ends with .yaml, .yml or .json\n"],
  [["build", "filter"], 2, "filter: it is a folder\ngive the entry file: filter/index.ts\n"],
  [["build", "empty"], 2, "empty: it is a folder\ngive the entry file\n"],
  [["init", "file/fine"], 3, "file/fine cannot be made: what stands for a folder in it is a file\n"],
  [["migrate", "mtls-plan", "file", "--out", "file"], 3, "--out file cannot be made: it is a file\n"],
  [
    ["conformance"],
    2,
    "no folder of cases at test/conformance\ngive the folder with your *.cases.yaml: --cases .\n",
  ],
  [["conformance", "--cases", "."], 2, "no cases in .\n"],
])("says in a line what is wrong: %j", async (args, code, text) => {
  const failed = await failing(...args);
  expect(failed.stderr).toBe(`error: ${text}`);
  expect(failed.code).toBe(code);
});

it("says of a list of images what is wrong in it, and where", async () => {
  const list = (file: string) =>
    failing("generate", "-f", "file", "--target", "wasmplugin", "--images", file);
  expect((await list("none")).stderr).toMatch(/^error: none: no such file\n`tremula push/);
  expect((await list("file")).stderr).toMatch(
    /^error: file is not a list of images: name: Invalid input: expected object, received string\n`tremula push/,
  );
});

it("names the option and the word that the detector does not know", async () => {
  expect((await failing("explain-bytes", "--text", "x", "--protocols", "tls,nope")).stderr).toBe(
    "error: --protocols nope: must be a protocol or http\n",
  );
  expect((await failing("explain-bytes", "--text", "x", "--methods", "a b")).stderr).toBe(
    "error: --methods a b: must be 1 to 32 capital letters, digits, - or _\n",
  );
});

it.each(["demo", "conformance"])("takes a version or a path of an Envoy: %s", async (command) => {
  const cases = command === "demo" ? [] : ["--cases", join(process.cwd(), "examples", "add-header")];
  const { code, stderr } = await failing(command, ...cases, "--envoy", "./none");
  expect([code, stderr.split("\n")[0]]).toEqual([2, "error: --envoy ./none: no such file"]);
  expect((await failing(command, ...cases, "--envoy", "9.9")).stderr).toMatch(
    /^error: no Envoy "9\.9" is pinned\npinned: /,
  );
});

it("sees whether the JSON can be written before it says anything else", async () => {
  const wasm = join(folder, "module.wasm");
  await writeFile(wasm, new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  const { code, stderr, stdout } = await failing("inspect", wasm, "--json", "empty");
  expect({ code, stderr, stdout }).toEqual({
    code: 3,
    stderr: "error: empty cannot be written: it is a folder\n",
    stdout: "",
  });
});

it.each([
  ["none", /^error: .*none/],
  ["file", /^error: file has no listeners in static_resources\n$/],
])("file-xds says what is wrong with its input: %s", async (file, text) => {
  const script = join(process.cwd(), "deploy", "file-xds.mjs");
  const failed = await run(process.execPath, [script, file, "xds"], { cwd: folder }).then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as { code: number; stderr: string },
  );
  expect(failed.stderr).toMatch(text);
  expect(failed.stderr).not.toContain("    at ");
  expect(failed.code).toBe(1);
});

it("says that Node is too old", async () => {
  // As an old one says of itself.
  const old =
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } })';
  const failed = await run(process.execPath, [
    "--import",
    `data:text/javascript,${encodeURIComponent(old)}`,
    CLI,
    "--help",
  ]).then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as { code: number; stderr: string },
  );
  expect([failed.code, failed.stderr]).toEqual([
    3,
    "error: Node 18.20.8 is too old: Tremula needs Node 20 or newer\n",
  ]);
});
