// SPDX-License-Identifier: Apache-2.0

let running: string = "no callback";

/** Notes which callback the host has called, for the abort message. `name` is a literal: this is one store. */
@inline
export function enterCallback(name: string): void {
  running = name;
}

export function currentCallback(): string {
  return running;
}
