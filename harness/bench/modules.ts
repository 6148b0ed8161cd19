import { existsSync } from "node:fs";
import path from "node:path";
import { compile, defaultOutFile } from "../build/compile.js";
import { ExitCode, HarnessError } from "../errors.js";
import { PACKAGE_ROOT } from "../package-root.js";
import type { Progress } from "../progress.js";
import { buildFixture, needsCheckout } from "./fixtures.js";
import type { ModuleSource, Scenario } from "./types.js";

/** Builds what a scenario's variants need; returns the path of each module by the variant's name. */
export async function prepareModules(scenario: Scenario, progress: Progress): Promise<Map<string, string>> {
  const modules = new Map<string, string>();
  for (const { name, wasm } of scenario.variants) {
    if (!wasm) continue;
    progress.step(`${scenario.suite}/${scenario.name} ${name}: building`);
    modules.set(name, await modulePath(wasm.source));
  }
  return modules;
}

async function modulePath(source: ModuleSource): Promise<string> {
  if ("fixture" in source) return buildFixture(source.fixture);
  if ("entry" in source) {
    const entry = path.join(PACKAGE_ROOT, source.entry);
    if (!existsSync(entry)) throw needsCheckout(source.entry);
    const { outFile } = await compile({ entry, outFile: path.join(PACKAGE_ROOT, defaultOutFile(entry)) });
    return outFile;
  }
  const file = path.resolve(PACKAGE_ROOT, source.file);
  if (existsSync(file)) return file;
  throw new HarnessError("BENCH_MODULE_MISSING", `${file} is missing`, { exitCode: ExitCode.environment });
}
