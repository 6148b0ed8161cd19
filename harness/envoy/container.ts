import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import type { Progress } from "../progress.js";
import { filesNamed } from "./config.js";
import { docker, dockerOk, dockerWords, requireDocker, type Engine } from "./docker.js";
import type { ConfigSource } from "./explain.js";
import { ENVOY_IN_IMAGE, ensureImage, type EnvoyImage } from "./image.js";
import { becomeReady } from "./ready.js";
import { envoyArgs, makeRunDir } from "./run-dir.js";
import { stopGraceMs } from "./running.js";
import { supervise, type SupervisedProcess } from "./supervisor.js";
import type { EnvoySpec, RunningEnvoy } from "./types.js";
import { validateYaml } from "./validate.js";
import { DEFAULT_VERSION, resolveVersion } from "./versions.js";
import { waitFor } from "./wait.js";

/** How to run in a container. */
export interface ContainerOptions {
  readonly progress?: Progress | undefined;
  /** Whether the official image may be pulled; true unless said otherwise. */
  readonly pull?: boolean | undefined;
}

const bind = (path: string, readonly: boolean): string[] => [
  "--mount",
  `type=bind,source=${path},target=${path}${readonly ? ",readonly" : ""}`,
];

/** Options of `docker create` and `docker run` that put Envoy into the place that it would have on the host. */
function containerArgs(engine: Engine, mounts: readonly string[], cwd: string | undefined): string[] {
  const args = ["--network", "host", "--entrypoint", ENVOY_IN_IMAGE, "--workdir", resolve(cwd ?? ".")];
  // As the user who started it: Envoy writes into the run folder, and what it writes has to be that user's.
  const user = engine.rootless ? "0:0" : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  args.push("--user", user);
  for (const path of new Set(mounts.map((mount) => resolve(mount)))) args.push(...bind(path, true));
  return args;
}

/** Finds the engine and the image of a version. */
export async function prepareContainer(
  version: string,
  options: ContainerOptions & { signal?: AbortSignal | undefined } = {},
): Promise<{ engine: Engine; image: EnvoyImage }> {
  const engine = await requireDocker({ signal: options.signal });
  return { engine, image: await ensureImage(version, options) };
}

/** Starts an Envoy in a container, with the host's network, and waits until it is ready. */
export async function startEnvoyContainer(
  spec: EnvoySpec,
  options: ContainerOptions = {},
): Promise<RunningEnvoy> {
  if (spec.path !== undefined) {
    throw new HarnessError(
      "USAGE",
      "a container runs an image: --docker and --envoy PATH exclude each other",
      {
        exitCode: ExitCode.usage,
      },
    );
  }
  const { signal } = spec;
  const version = resolveVersion(spec.version ?? DEFAULT_VERSION);
  const { engine, image } = await prepareContainer(version, { ...options, signal });
  const run = makeRunDir(spec);
  try {
    const name = `tremula-envoy-${randomBytes(6).toString("hex")}`;
    const args = ["run", "--rm", "--name", name, "--label", `dev.tremula.pid=${process.pid}`];
    const mounts = [...(spec.mounts ?? []), ...existingFiles(spec.config, spec.cwd)];
    args.push(...containerArgs(engine, mounts, spec.cwd), ...bind(run.dir, false));
    args.push(image.name, ...envoyArgs(spec, run));
    const cli = await supervise({ command: "docker", args, logFd: run.logFd, container: name });
    return await becomeReady(spec, run, {
      version,
      image: image.name,
      process: cli,
      pid: async () =>
        Number(await dockerOk("inspect the container", ["inspect", "--format", "{{.State.Pid}}", name])),
      terminate: async () =>
        void (await docker(["stop", "-t", String(Math.ceil(stopGraceMs(spec) / 1000)), name])),
      kill: () => removeContainer(name, cli),
      explain: (log) => cannotRun(cli.exit()?.code, log),
    });
  } finally {
    run.closeLog();
  }
}

/** Removes a container that the CLI may still be about to create; the CLI ends with it. */
async function removeContainer(name: string, cli: SupervisedProcess): Promise<void> {
  await waitFor({
    what: `container ${name} to be removed`,
    timeoutMs: 30_000,
    intervalMs: 50,
    check: async () => cli.exit() ?? (await docker(["rm", "--force", name]).then(() => cli.exit())),
  });
}

/** The error for a container that Docker itself could not run, which it tells by these exit codes. */
function cannotRun(code: number | null | undefined, log: string): HarnessError | undefined {
  if (code !== 125 && code !== 126 && code !== 127) return undefined;
  return new HarnessError("DOCKER_FAILED", `docker cannot run the container: ${dockerWords(log)}`, {
    exitCode: ExitCode.environment,
  });
}

/** The files that a config names and that are on this machine; devices are the container's own. */
function existingFiles(config: string, cwd = "."): string[] {
  const paths = filesNamed(config).map((file) => resolve(cwd, file));
  return paths.filter((path) => !/^\/(?:dev|proc|sys)\//.test(path) && existsSync(path));
}

/** Lets the Envoy of an image check a config, as `validateYaml` does with a binary. */
export function validateInContainer(
  { engine, image }: { engine: Engine; image: EnvoyImage },
  yaml: string,
  source: ConfigSource,
  cwd?: string,
): Promise<void> {
  const envoy = (configPath: string): [string, ...string[]] => {
    const mounts = [...existingFiles(yaml, cwd), dirname(configPath)];
    return ["docker", "run", "--rm", ...containerArgs(engine, mounts, cwd), image.name];
  };
  return validateYaml(envoy, yaml, source, cwd);
}
