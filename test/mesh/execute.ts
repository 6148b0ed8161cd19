import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a command ended. */
export interface Outcome {
  /** -1 when it could not be run at all. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in the project's folder to its end, whatever that is. */
export function execute(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const options = {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    maxBuffer: 256 * 1024 * 1024,
    timeout: 150_000,
  };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr: code === -1 ? `${error!.message}\n${stderr}` : stderr });
    });
  });
}

/** Runs the package's own command; what goes wrong is an error with what it said. */
export async function tremula(...args: readonly string[]): Promise<Outcome> {
  const outcome = await execute(process.execPath, ["dist/harness/cli.js", ...args]);
  if (outcome.code !== 0) throw new Error(`tremula ${args.join(" ")}: ${outcome.stderr}`);
  return outcome;
}
