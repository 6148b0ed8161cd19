import { LogLevel } from "./enums.js";
import type { LogEntry } from "./log.js";

/** The module broke in a callback; Envoy then refuses the VM's streams, lets them pass or makes a new VM. */
export class Trap extends Error {
  override readonly name = "Trap";
  /** What the module logged at critical level in that callback: the abort message of most SDKs. */
  readonly abortMessage: string | undefined;

  constructor(
    /** The export that was running, for example `proxy_on_request_headers`. */
    readonly callback: string,
    readonly reason: string,
    log: readonly LogEntry[],
    cause: unknown,
  ) {
    const last =
      log.findLast(({ level }) => level === LogLevel.Critical) ??
      log.findLast(({ level }) => level === LogLevel.Error);
    super(
      `Function: ${callback} failed: Uncaught RuntimeError: ${reason}${last ? `\n${last.message}` : ""}`,
      { cause },
    );
    this.abortMessage = last?.message;
  }
}

/** Envoy would not take the module or the configuration. */
export class PluginRefused extends Error {
  override readonly name = "PluginRefused";

  constructor(
    /** In Envoy's words. */
    readonly reason: string,
    /** What the module logged while it was started. */
    readonly log: readonly LogEntry[],
    cause?: unknown,
  ) {
    super(
      [...log.filter(({ level }) => level >= LogLevel.Warn).map(({ message }) => message), reason].join("\n"),
      { cause },
    );
  }
}

/** What a running filter did that stock Envoy does not survive, so that no test may depend on what comes of it. */
export class EnvoyHazard extends Error {
  override readonly name = "EnvoyHazard";
}
