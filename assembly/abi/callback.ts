// SPDX-License-Identifier: Apache-2.0
import { collectIfDue } from "./collector";
import { Status } from "./enums";
import { proxy_set_effective_context } from "./imports";

/** No context has this id: the host numbers them from 1. */
const NONE: u32 = u32.MAX_VALUE;

let running: string = "no callback";
/** Which of the host's calls this is; those that it makes while another runs are part of that one. */
let number: u32 = 0;
/** The context that the host called for; `NONE` while no callback runs. */
let current: u32 = NONE;
/** The context that host functions act on; `NONE` while no callback runs. */
let effective: u32 = NONE;

/**
 * Notes which callback the host has called and for which context: the one that host functions act on until the callback
 * returns or `makeEffective` names another. `name` is a literal, for the abort message.
 *
 * @returns what `leaveCallback` needs: callbacks nest, for example when a local response runs the response callbacks
 */
@inline
export function enterCallback(name: string, context: u32): u64 {
  const outer = ((<u64>current) << 32) | (<u64>effective);
  running = name;
  current = context;
  effective = context;
  return outer;
}

/** Before a callback returns. The outermost one is the moment to collect garbage: no frame holds a reference. */
@inline
export function leaveCallback(outer: u64): void {
  current = <u32>(outer >> 32);
  effective = <u32>outer;
  if (current != NONE) return;
  number++;
  collectIfDue();
}

/** Tells one call of the host from another. */
export function callbackNumber(): u32 {
  return number;
}

export function currentCallback(): string {
  return running;
}

/** The context that host functions act on now. */
export function effectiveContext(): u32 {
  return effective;
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

/**
 * Whether the running callback is this context's own. Some host functions act on that context and on no other, whatever
 * is effective (Envoy: source/extensions/common/wasm/foreign.cc, `current_context_`).
 */
@inline
export function isCurrent(context: u32): bool {
  return current == context;
}

function switchTo(context: u32): bool {
  if (context == 0 || proxy_set_effective_context(context) != Status.Ok) return false;
  effective = context;
  return true;
}
