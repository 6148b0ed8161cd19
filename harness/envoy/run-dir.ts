import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onAbruptEnd } from "./cleanup.js";
import { withAdmin } from "./config.js";
import type { EnvoySpec } from "./types.js";

/** The folder of one run. */
export interface RunDir {
  readonly dir: string;
  readonly configPath: string;
  readonly logPath: string;
  readonly adminPath: string;
  readonly logFd: number;
  closeLog(): void;
  /** Removes the folder if it was made for this run. */
  remove(): void;
  /** Leaves the folder for someone to look into, even if this process is about to end. */
  keep(): void;
}

/** Makes the folder of a run and writes the exact config into it. */
export function makeRunDir(spec: EnvoySpec): RunDir {
  const own = spec.runDir === undefined;
  const dir = own ? mkdtempSync(join(tmpdir(), "tremula-envoy-")) : resolve(spec.runDir);
  const remove = (): void => {
    if (own) rmSync(dir, { recursive: true, force: true });
  };
  const keep = onAbruptEnd(remove);
  mkdirSync(dir, { recursive: true });
  const adminPath = join(dir, "admin-address");
  // The address of an earlier run in this folder would be taken for that of this one.
  rmSync(adminPath, { force: true });
  const configPath = join(dir, "envoy.yaml");
  writeFileSync(configPath, withAdmin(spec.config));
  const logPath = join(dir, "envoy.log");
  writeFileSync(logPath, "");
  const logFd = openSync(logPath, "a");
  return {
    dir,
    configPath,
    logPath,
    adminPath,
    logFd,
    closeLog: () => closeSync(logFd),
    remove: () => {
      keep();
      remove();
    },
    keep,
  };
}

/** Envoy's command line for a run, after the name of the binary. */
export function envoyArgs(spec: EnvoySpec, run: RunDir): string[] {
  const args = ["-c", run.configPath, "--use-dynamic-base-id", "--admin-address-path", run.adminPath];
  args.push("--concurrency", String(spec.concurrency ?? 1), "--log-level", spec.logLevel ?? "warning");
  if (spec.componentLogLevel !== undefined) args.push("--component-log-level", spec.componentLogLevel);
  return args;
}
