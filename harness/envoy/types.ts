import type { Admin } from "./admin.js";
import type { ConfigSource } from "./explain.js";

/** What to start. */
export interface EnvoySpec {
  /** The bootstrap config, as YAML text with every placeholder filled in; without `admin`, a free port is used. */
  readonly config: string;
  /** The file that the config was made from: errors name places in it instead of in the run's copy. */
  readonly source?: ConfigSource | undefined;
  /** `local` runs a binary as a child process, `docker` runs the same version in a container. */
  readonly host?: "local" | "docker" | undefined;
  /** Envoy version such as `1.40.0`; the default is the newest pinned one. Not with `path`. */
  readonly version?: string | undefined;
  /** An Envoy binary to use instead of an installed one. */
  readonly path?: string | undefined;
  /** Worker threads; default 1. */
  readonly concurrency?: number | undefined;
  /** `trace` to `critical`; default `warning`. */
  readonly logLevel?: string | undefined;
  /** As Envoy's `--component-log-level`, for example `wasm:debug`. */
  readonly componentLogLevel?: string | undefined;
  /** Folder for the config and the logs; default: a new one below the system's temporary folder. */
  readonly runDir?: string | undefined;
  /** Files that the config names and a container must see (wasm modules, certificates), as absolute paths. */
  readonly mounts?: readonly string[] | undefined;
  /** Working folder, against which Envoy takes relative paths in the config; default: that of this process. */
  readonly cwd?: string | undefined;
  /** How long Envoy may take to become ready; default 30 s. */
  readonly startTimeoutMs?: number | undefined;
  /** How long Envoy may take to end before it is killed; default 5 s. */
  readonly stopGraceMs?: number | undefined;
  /** Stops the start and the running Envoy. */
  readonly signal?: AbortSignal | undefined;
}

/** How an Envoy ended. */
export interface EnvoyExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** True when `stop` asked for it. */
  readonly expected: boolean;
}

/** A started Envoy that answered `/ready`. */
export interface RunningEnvoy {
  /** `1.40.0` */
  readonly version: string;
  /** The image of a container; undefined for a local process. */
  readonly image: string | undefined;
  /** The process on this machine, in a container too (host networking and PID as Docker reports it). */
  readonly pid: number;
  /** The folder of the run; one that was made for it is removed when `stop` ends Envoy, and stays when Envoy fails. */
  readonly runDir: string;
  /** Envoy's own log, stdout and stderr together. */
  readonly logPath: string;
  readonly admin: Admin;
  /** Address of a listener by its name in the config; throws a HarnessError that lists the names there are. */
  listener(name: string): Promise<{ host: string; port: number }>;
  /** The whole log so far; after `stop` too. */
  log(): Promise<string>;
  /** Waits until the log matches, or fails naming `what` and showing the last lines; fails at once when Envoy ends. */
  waitForLog(pattern: RegExp, what: string, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Settles when the process ends, however it ends. */
  readonly exited: Promise<EnvoyExit>;
  /** SIGTERM, then SIGKILL after a grace period; resolves when the process is gone. Idempotent. */
  stop(): Promise<EnvoyExit>;
}
