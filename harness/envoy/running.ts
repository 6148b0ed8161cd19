import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, closeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { HarnessError } from "../errors.js";
import { Admin } from "./admin.js";
import { withAdmin } from "./config.js";
import { explainLog } from "./explain.js";
import { endInWords, EnvoyError } from "./failure.js";
import { readLog } from "./log.js";
import type { RawExit, SupervisedProcess } from "./supervisor.js";
import type { EnvoyExit, EnvoySpec, RunningEnvoy } from "./types.js";
import { waitFor, WaitTimeout } from "./wait.js";

/** Time for Envoy to end by itself after it was asked to. */
export const STOP_GRACE_MS = 5_000;

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
}

/** Makes the folder of a run and writes the exact config into it. */
export function makeRunDir(spec: EnvoySpec): RunDir {
  const own = spec.runDir === undefined;
  const dir = own ? mkdtempSync(join(tmpdir(), "tremula-envoy-")) : resolve(spec.runDir);
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
      if (own) rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Envoy's command line for a run, after the name of the binary. */
export function envoyArgs(spec: EnvoySpec, run: RunDir): string[] {
  const args = ["-c", run.configPath, "--use-dynamic-base-id", "--admin-address-path", run.adminPath];
  args.push("--concurrency", String(spec.concurrency ?? 1), "--log-level", spec.logLevel ?? "warning");
  if (spec.componentLogLevel !== undefined) args.push("--component-log-level", spec.componentLogLevel);
  return args;
}

/** A started Envoy before it is known to be ready. */
export interface Launched {
  readonly version: string;
  readonly image?: string;
  /** The supervised process: Envoy itself, or the Docker CLI attached to its container. */
  readonly process: SupervisedProcess;
  /** Envoy's own pid; called when it is ready. */
  pid(): number | Promise<number>;
  /** Asks it to end. */
  terminate(): void | Promise<void>;
  /** Ends it at once. */
  kill(): void | Promise<void>;
  /** The reason that the log gives for a failure that was not Envoy's own. */
  explain?(log: string): HarnessError | undefined;
}

const inWords = ({ code, signal }: RawExit): string => `Envoy ${endInWords(code, signal)}`;

/** Waits until Envoy is ready; when it never is, ends it and says why in Envoy's own words. */
export async function becomeReady(spec: EnvoySpec, run: RunDir, launched: Launched): Promise<RunningEnvoy> {
  let admin: Admin | undefined;
  try {
    const timeoutMs = spec.startTimeoutMs ?? 30_000;
    admin = await waitUntilLive(run, launched, timeoutMs, spec.signal);
    const pid = await launched.pid();
    return new Running(launched, run, admin, pid, spec.signal);
  } catch (error) {
    await admin?.close();
    await launched.kill();
    await launched.process.exited;
    spec.signal?.throwIfAborted();
    if (!(error instanceof WaitTimeout || error instanceof EnvoyError)) throw error;
    const log = await readLog(run.logPath);
    const failure = new EnvoyError("ENVOY_NOT_READY", error.message, run.logPath, log, error);
    const explained =
      launched.explain?.(log) ?? explainLog(log, spec.source ?? { file: run.configPath, text: spec.config });
    if (explained === undefined) throw failure;
    // The log stays at hand as the cause.
    const { code, message, exitCode, hint } = explained;
    throw new HarnessError(code, message, {
      exitCode,
      cause: failure,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

async function waitUntilLive(
  run: RunDir,
  { process }: Launched,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Admin> {
  let state = "it never wrote its admin address";
  let admin: Admin | undefined;
  const whyGone = (): string | undefined => {
    const exit = process.exit();
    return exit && inWords(exit);
  };
  try {
    return await waitFor({
      what: "Envoy to become ready",
      timeoutMs,
      signal,
      check: async () => {
        const gone = whyGone();
        if (gone !== undefined)
          throw new EnvoyError("ENVOY_ENDED", `${gone} before it was ready`, run.logPath, "");
        if (admin === undefined) {
          const address = await readFile(run.adminPath, "utf8").catch(() => "");
          if (!/:\d+$/.test(address)) return undefined;
          admin = new Admin(address, whyGone);
        }
        try {
          const answer = await admin.ready();
          state = `its admin interface says ${answer}`;
          return answer === "LIVE" ? admin : undefined;
        } catch (error) {
          if (!(error instanceof HarnessError)) throw error;
          state = error.message;
          return undefined;
        }
      },
      detail: () => state,
    });
  } catch (error) {
    await admin?.close();
    throw error;
  }
}

class Running implements RunningEnvoy {
  readonly version: string;
  readonly image: string | undefined;
  readonly runDir: string;
  readonly logPath: string;
  readonly exited: Promise<EnvoyExit>;
  readonly #launched: Launched;
  readonly #run: RunDir;
  #stopping: Promise<EnvoyExit> | undefined;
  #savedLog: string | undefined;

  constructor(
    launched: Launched,
    run: RunDir,
    readonly admin: Admin,
    readonly pid: number,
    signal: AbortSignal | undefined,
  ) {
    this.#launched = launched;
    this.#run = run;
    this.version = launched.version;
    this.image = launched.image;
    this.runDir = run.dir;
    this.logPath = run.logPath;
    const abort = (): void => void this.stop();
    signal?.addEventListener("abort", abort, { once: true });
    this.exited = launched.process.exited.then(async (exit) => {
      signal?.removeEventListener("abort", abort);
      await admin.close();
      return { ...exit, expected: this.#stopping !== undefined };
    });
  }

  async listener(name: string): Promise<{ host: string; port: number }> {
    const listeners = await this.admin.listeners();
    const found = listeners.find((listener) => listener.name === name);
    if (found !== undefined) return { host: found.host, port: found.port };
    const names = listeners.map((listener) => listener.name).join(", ");
    throw new HarnessError("LISTENER_UNKNOWN", `Envoy has no listener '${name}'; it has: ${names || "none"}`);
  }

  async log(): Promise<string> {
    return this.#savedLog ?? readLog(this.logPath);
  }

  async waitForLog(pattern: RegExp, what: string, timeoutMs = 5_000): Promise<RegExpMatchArray> {
    // A global expression remembers where it stopped; each look starts at the beginning.
    const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
    try {
      return await waitFor({
        what,
        timeoutMs,
        check: async () => {
          const exit = this.#launched.process.exit();
          const match = expression.exec(await this.log());
          if (match !== null) return match;
          if (exit !== undefined) {
            throw new EnvoyError(
              "ENVOY_ENDED",
              `${inWords(exit)} while waiting for ${what}`,
              this.logPath,
              await this.log(),
            );
          }
          return undefined;
        },
      });
    } catch (error) {
      if (!(error instanceof WaitTimeout)) throw error;
      throw new EnvoyError("WAIT_TIMEOUT", error.message, this.logPath, await this.log(), error);
    }
  }

  stop(): Promise<EnvoyExit> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<EnvoyExit> {
    const wasRunning = this.#launched.process.exit() === undefined;
    if (wasRunning) await this.#launched.terminate();
    const timer = setTimeout(() => void this.#launched.kill(), STOP_GRACE_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    if (!wasRunning) return { ...exit, expected: false };
    // What was asked for left nothing to look into; the folder of a crash stays.
    this.#savedLog = await readLog(this.logPath);
    this.#run.remove();
    return exit;
  }
}
