import { ExitCode, HarnessError } from "../errors.js";
import { runCommand, type CommandOptions, type CommandResult } from "./run-command.js";

/** What matters about the Docker engine in use. */
export interface Engine {
  readonly version: string;
  /** In a rootless engine the user who runs it is root inside. */
  readonly rootless: boolean;
}

const START_HINT =
  "start it: systemctl start docker, or as root scripts/docker-engine.sh where there is no service manager; Envoy runs without Docker too: leave out --docker";

function lacking(code: string, message: string, hint: string): HarnessError {
  return new HarnessError(code, message, { exitCode: ExitCode.environment, hint });
}

/** The line of the Docker CLI's output that says what went wrong. */
export function dockerWords(output: string): string | undefined {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^DEPRECATED|^See 'docker|^Run 'docker|^Install the buildx/.test(line));
  const reason = lines.find((line) => /error|denied|cannot/i.test(line)) ?? lines.at(-1);
  return reason?.replace(/^docker: /, "").replace(/^Error response from daemon: /, "");
}

function dockerReason(result: CommandResult): string {
  const otherwise = result.timedOut ? "no answer" : `exit code ${result.code}`;
  return dockerWords(result.stderr) ?? result.spawnError?.message ?? otherwise;
}

/** Runs the Docker CLI. */
export const docker = (args: readonly string[], options?: CommandOptions): Promise<CommandResult> =>
  runCommand("docker", args, options);

/** Runs the Docker CLI and gives what it prints; a HarnessError says what could not be done. */
export async function dockerOk(
  what: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const result = await docker(args, options);
  options?.signal?.throwIfAborted();
  if (result.code === 0) return result.stdout.trim();
  throw new HarnessError("DOCKER_FAILED", `docker cannot ${what}: ${dockerReason(result)}`, {
    exitCode: ExitCode.environment,
  });
}

/** Checks that there is a Docker CLI and that its engine answers. */
export async function requireDocker(options: CommandOptions = {}): Promise<Engine> {
  const format = "{{.ServerVersion}} {{json .SecurityOptions}}";
  const result = await docker(["info", "--format", format], { timeoutMs: 20_000, ...options });
  if (result.spawnError?.code === "ENOENT") {
    throw lacking(
      "DOCKER_MISSING",
      "there is no docker command",
      "install Docker (Debian: apt-get install docker.io), or leave out --docker: Envoy runs without it",
    );
  }
  const [version, ...security] = result.stdout.trim().split(" ");
  // Some CLIs end with 0 and print an empty version when the engine does not answer.
  if (result.code === 0 && version) return { version, rootless: security.join(" ").includes("rootless") };
  const reason = dockerReason(result);
  if (/permission denied/i.test(reason)) {
    throw lacking(
      "DOCKER_DENIED",
      "this user may not use the Docker engine",
      "add the user to the docker group and log in again, or run as root",
    );
  }
  throw lacking("DOCKER_DOWN", `the Docker engine does not answer: ${reason}`, START_HINT);
}
