import { supervise } from "./supervisor.js";
import { locateEnvoy, type LocateOptions } from "./locate.js";
import { becomeReady } from "./ready.js";
import { envoyArgs, makeRunDir } from "./run-dir.js";
import type { EnvoySpec, RunningEnvoy } from "./types.js";

/** Starts an Envoy as a child process and waits until it is ready. */
export async function startLocalEnvoy(spec: EnvoySpec, options: LocateOptions = {}): Promise<RunningEnvoy> {
  const located = await locateEnvoy({
    signal: spec.signal,
    ...options,
    path: spec.path,
    version: spec.version,
  });
  const run = makeRunDir(spec);
  try {
    const process = await supervise({
      command: located.path,
      args: envoyArgs(spec, run),
      logFd: run.logFd,
      cwd: spec.cwd,
    });
    return await becomeReady(spec, run, {
      version: located.version,
      process,
      pid: () => process.pid,
      terminate: () => signalEnvoy(process.pid),
      kill: () => process.kill(),
    });
  } finally {
    run.closeLog();
  }
}

function signalEnvoy(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It ended in this moment; the wait that follows sees that.
  }
}
