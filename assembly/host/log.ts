// SPDX-License-Identifier: Apache-2.0
import { LogLevel } from "../abi/enums";
import { proxy_get_log_level, proxy_log } from "../abi/imports";
import { OUT } from "../abi/memory";
import { Bytes } from "../text/bytes";

export { LogLevel };

/**
 * Whether Envoy would write a message of this level. Ask before building a message on a hot path: the text is the
 * expensive part, this is one host call that returns no memory.
 */
export function logEnabled(level: LogLevel): bool {
  store<i32>(OUT, LogLevel.Info);
  proxy_get_log_level(OUT);
  return level >= load<i32>(OUT);
}

/**
 * Writes a message to Envoy's log, component `wasm`, prefixed by Envoy with the plugin's name. All phases.
 *
 * @param message a string or Bytes; octets are written as they are
 */
export function log<T>(level: LogLevel, message: T): void {
  const text = Bytes.of<T>(message);
  proxy_log(level, text.ptr, <usize>text.length);
}

/** Writes a message to the log at trace level. */
export function logTrace<T>(message: T): void {
  log<T>(LogLevel.Trace, message);
}

/** Writes a message to the log at debug level. */
export function logDebug<T>(message: T): void {
  log<T>(LogLevel.Debug, message);
}

/** Writes a message to the log at info level. */
export function logInfo<T>(message: T): void {
  log<T>(LogLevel.Info, message);
}

/** Writes a message to the log at warning level. */
export function logWarn<T>(message: T): void {
  log<T>(LogLevel.Warn, message);
}

/** Writes a message to the log at error level. */
export function logError<T>(message: T): void {
  log<T>(LogLevel.Error, message);
}

/** Writes a message to the log at critical level. */
export function logCritical<T>(message: T): void {
  log<T>(LogLevel.Critical, message);
}
