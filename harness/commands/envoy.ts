import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { hasV8, withoutV8 } from "../envoy/binary.js";
import { locateEnvoy, type EnvoySource } from "../envoy/index.js";
import { pinnedVersions } from "../envoy/versions.js";
import { Progress } from "../progress.js";

interface EnvoyOptions {
  version?: string;
  envoy?: string;
  json?: string;
}

const SOURCES: Readonly<Record<EnvoySource, string>> = {
  option: "named with --envoy",
  env: "named with TREMULA_ENVOY",
  cache: "from the cache",
  installed: "installed now",
  path: "found on PATH",
};

/** Adds `tremula envoy` to the program. */
export function register(program: Command): void {
  program
    .command("envoy")
    .description("find or install an Envoy; print its path and version")
    .option("--version <version>", `one of ${pinnedVersions().join(", ")}`)
    .option("--envoy <path>", "an Envoy binary to check instead")
    .option("--json <file>", "write what is printed as JSON")
    .action((options: EnvoyOptions) => envoy(options));
}

async function envoy(options: EnvoyOptions): Promise<void> {
  const progress = new Progress();
  const found = await locateEnvoy({ path: options.envoy, version: options.version, progress });
  if (!(await hasV8(found.path))) throw withoutV8(`${found.path} (Envoy ${found.version})`);
  progress.note(`Envoy ${found.version}, ${SOURCES[found.source]}, build ${found.build}`);
  console.log(`${found.path}\n${found.version}`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(found, null, 2)}\n`);
}
