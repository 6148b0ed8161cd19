import { spawn } from "node:child_process";
import { onAbruptEnd } from "./cleanup.js";

/** How a command ended and what it said. */
export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the command could not be started: `ENOENT`, `EACCES` … */
  readonly spawnError: NodeJS.ErrnoException | undefined;
  readonly timedOut: boolean;
}

/** How to run a command. */
export interface CommandOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each whole line of stdout and stderr. */
  readonly onLine?: (line: string) => void;
}

function lineReader(onLine: ((line: string) => void) | undefined): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    if (onLine === undefined) return;
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  };
}

/**
 * Runs a command to its end and never throws for what the command did. It gets its own process group, which is killed
 * when the time is up, when `signal` aborts and when this process ends first.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const out = { stdout: "", stderr: "" };
    let timedOut = false;
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Already gone.
      }
    };
    const forget = onAbruptEnd(kill);
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            kill();
          }, options.timeoutMs);
    options.signal?.addEventListener("abort", kill, { once: true });
    if (options.signal?.aborted) kill();

    for (const name of ["stdout", "stderr"] as const) {
      const onLine = lineReader(options.onLine);
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        out[name] += chunk;
        onLine(chunk);
      });
    }
    let settled = false;
    const settle = (result: Pick<CommandResult, "code" | "signal" | "spawnError">): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", kill);
      forget();
      resolve({ ...result, ...out, timedOut });
    };
    child.on("error", (error) => settle({ code: null, signal: null, spawnError: error }));
    child.on("close", (code, signal) => settle({ code, signal, spawnError: undefined }));
  });
}
