// SPDX-License-Identifier: Apache-2.0
import { proxy_log } from "./imports";
import { LogLevel } from "./enums";
import { currentCallback } from "./callback";

/**
 * Takes the place of `env.abort`, which Envoy does not have. Says what broke, where, and in which callback, then traps:
 * state is no longer trustworthy, and Envoy replaces the VM or refuses its streams as the failure policy says.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = `tremula: ${message !== null ? message : "abort"} at ${file !== null ? file : "?"}:${line.toString()}:${column.toString()} in ${currentCallback()}`;
  const utf8 = String.UTF8.encode(text);
  proxy_log(LogLevel.Critical, changetype<usize>(utf8), <usize>utf8.byteLength);
  unreachable();
}
