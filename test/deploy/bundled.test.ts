import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesNamed } from "../../harness/envoy/index.js";
import { withBundledModules } from "../../harness/envoy/bundled.js";

let folder: string;
let modules: string;

// A user's project, and the modules of a package.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-bundled-"));
  modules = join(folder, "modules");
  await mkdir(modules);
  await mkdir(join(folder, "build"));
  for (const file of [
    "modules/rbac.wasm",
    "modules/telemetry.wasm",
    "modules/packed.wasm",
    "build/telemetry.wasm",
  ]) {
    await writeFile(join(folder, file), "");
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const code = (...files: string[]) =>
  files.map((file) => `- code: { local: { filename: ${file} } } # as it is\n`).join("");

describe("a config that names modules which are not built", () => {
  it("gets the package's own, and keeps those that are", () => {
    const { yaml, bundled } = withBundledModules(
      code("build/rbac.wasm", "./build/rbac.wasm", "build/telemetry.wasm"),
      folder,
      modules,
    );
    const own = join(modules, "rbac.wasm");
    expect(filesNamed(yaml)).toEqual([own, "build/telemetry.wasm"]);
    expect(yaml).toContain("# as it is");
    expect(bundled).toEqual([
      { asked: "build/rbac.wasm", file: own },
      { asked: "./build/rbac.wasm", file: own },
    ]);
  });

  it.each([
    "build/mine.wasm",
    "build/../modules/rbac.wasm",
    "/build/rbac.wasm",
    "other/rbac.wasm",
    "rbac.wasm",
    "build/rbac.wasm.bak",
  ])("keeps %s, which is not one of them", (file) => {
    const text = code(file);
    expect(withBundledModules(text, folder, modules)).toEqual({ yaml: text, bundled: [] });
  });

  it("is left alone in a checkout, where what was packed last may be old", () => {
    const text = code("build/packed.wasm");
    expect(withBundledModules(text, join(import.meta.dirname, "../.."), modules).bundled).toEqual([]);
    expect(withBundledModules(text, folder, modules).bundled).toHaveLength(1);
  });

  it("is left to Envoy when it is no YAML, or no config", () => {
    for (const text of ["a: [", "", "filename: 1", "- filename: [build/rbac.wasm]\n"]) {
      expect(withBundledModules(text, folder, modules)).toEqual({ yaml: text, bundled: [] });
    }
  });
});
