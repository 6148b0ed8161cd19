import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import { homeFolder } from "../home.js";
import type { Arch } from "./versions.js";

/** Where downloads and modules of our own are kept: `TREMULA_CACHE`, else `tremula` below `XDG_CACHE_HOME` or `~/.cache`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env["TREMULA_CACHE"]) return resolve(env["TREMULA_CACHE"]);
  return join(env["XDG_CACHE_HOME"] || join(homeFolder(), ".cache"), "tremula");
}

/** The folder of one installed Envoy; it appears at once and complete. */
export const envoyDir = (version: string, arch: Arch, env?: NodeJS.ProcessEnv): string =>
  join(cacheDir(env), "envoy", `${version}-${arch}`);

/** The binary of one installed Envoy. */
export const cachedEnvoy = (version: string, arch: Arch, env?: NodeJS.ProcessEnv): string =>
  join(envoyDir(version, arch, env), "envoy");

/** Makes a folder of the cache. */
export async function makeCacheDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw new HarnessError("CACHE_UNWRITABLE", `cannot write to the cache ${dir}: ${fileTrouble(error)}`, {
      exitCode: ExitCode.environment,
      hint: "name a folder with TREMULA_CACHE",
      cause: error,
    });
  }
}
