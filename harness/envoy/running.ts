import { HarnessError } from "../errors.js";
import type { Admin } from "./admin.js";
import { EnvoyError, inWords } from "./failure.js";
import { readLog } from "./log.js";
import type { RunDir } from "./run-dir.js";
import type { SupervisedProcess } from "./supervisor.js";
import type { EnvoyExit, EnvoySpec, RunningEnvoy } from "./types.js";
import { waitFor, WaitTimeout } from "./wait.js";

const STOP_GRACE_MS = 5_000;

/** Time for Envoy to end by itself after it was asked to. */
export const stopGraceMs = (spec: EnvoySpec): number => spec.stopGraceMs ?? STOP_GRACE_MS;

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

/** An Envoy that is ready. */
export class Running implements RunningEnvoy {
  readonly version: string;
  readonly image: string | undefined;
  readonly runDir: string;
  readonly logPath: string;
  readonly exited: Promise<EnvoyExit>;
  readonly #launched: Launched;
  readonly #run: RunDir;
  readonly #graceMs: number;
  #stopping: Promise<EnvoyExit> | undefined;
  #expected = false;
  #savedLog: string | undefined;

  constructor(
    launched: Launched,
    run: RunDir,
    readonly admin: Admin,
    readonly pid: number,
    spec: EnvoySpec,
  ) {
    const { signal } = spec;
    this.#graceMs = stopGraceMs(spec);
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
      if (!this.#expected) run.keep();
      await admin.close();
      return { ...exit, expected: this.#expected };
    });
    if (signal?.aborted) abort();
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
    if (this.#launched.process.exit() === undefined) {
      this.#expected = true;
      const timer = setTimeout(() => void this.#launched.kill(), this.#graceMs);
      await this.#launched.terminate();
      await this.#launched.process.exited;
      clearTimeout(timer);
    }
    const exit = await this.exited;
    if (!exit.expected) return exit;
    // A good end left nothing to look into; the folder of a crash stays, of one while stopping too.
    this.#savedLog = await readLog(this.logPath);
    if (exit.code === 0) this.#run.remove();
    else this.#run.keep();
    return exit;
  }
}
