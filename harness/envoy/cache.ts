import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Arch } from "./versions.js";

/** Where downloads are kept: `TREMULA_CACHE`, else `tremula` below `XDG_CACHE_HOME` or `~/.cache`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env["TREMULA_CACHE"]) return resolve(env["TREMULA_CACHE"]);
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "tremula");
}

/** The folder of one installed Envoy; it appears at once and complete. */
export const envoyDir = (version: string, arch: Arch, env?: NodeJS.ProcessEnv): string =>
  join(cacheDir(env), "envoy", `${version}-${arch}`);

/** The binary of one installed Envoy. */
export const cachedEnvoy = (version: string, arch: Arch, env?: NodeJS.ProcessEnv): string =>
  join(envoyDir(version, arch, env), "envoy");
