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

export function logTrace<T>(message: T): void {
  log<T>(LogLevel.Trace, message);
}

export function logDebug<T>(message: T): void {
  log<T>(LogLevel.Debug, message);
}

export function logInfo<T>(message: T): void {
  log<T>(LogLevel.Info, message);
}

export function logWarn<T>(message: T): void {
  log<T>(LogLevel.Warn, message);
}

export function logError<T>(message: T): void {
  log<T>(LogLevel.Error, message);
}

export function logCritical<T>(message: T): void {
  log<T>(LogLevel.Critical, message);
}
