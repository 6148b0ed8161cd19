// SPDX-License-Identifier: Apache-2.0
import { collectIfDue } from "./collector";
import { Status } from "./enums";
import { proxy_set_effective_context } from "./imports";

/** No context has this id: the host numbers them from 1. */
const NONE: u32 = u32.MAX_VALUE;

let running: string = "no callback";
/** The context that host functions act on; `NONE` while no callback runs. */
let effective: u32 = NONE;

/**
 * Notes which callback the host has called and for which context: the one that host functions act on until the callback
 * returns or `makeEffective` names another. `name` is a literal, for the abort message.
 *
 * @returns what `leaveCallback` needs: callbacks nest, for example when a local response runs the response callbacks
 */
@inline
export function enterCallback(name: string, context: u32): u32 {
  const outer = effective;
  running = name;
  effective = context;
  return outer;
}

/** Before a callback returns. The outermost one is the moment to collect garbage: no frame holds a reference. */
@inline
export function leaveCallback(outer: u32): void {
  effective = outer;
  if (outer == NONE) collectIfDue();
}

export function currentCallback(): string {
  return running;
}

/**
 * Makes host functions act on a context until this callback returns.
 *
 * @returns false when the host no longer has that context; its calls would then silently act on the one that is running
 *   (envoyproxy/envoy#39797), so make none
 */
@inline
export function makeEffective(context: u32): bool {
  return effective == context || switchTo(context);
}

function switchTo(context: u32): bool {
  if (context == 0 || proxy_set_effective_context(context) != Status.Ok) return false;
  effective = context;
  return true;
}
