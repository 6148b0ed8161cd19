// SPDX-License-Identifier: Apache-2.0

type Action = () => void;

let number: u32 = 1;
let action: Action | null = null;

/**
 * The host has begun something new, a stream for instance: nothing that it was doing for an earlier callback still runs
 * below this one, as it may while it does what that callback has asked for.
 */
@inline
export function beginEvent(): void {
  number++;
  const waiting = action;
  if (waiting !== null) waiting();
}

/** Tells what the host does from what it did before. */
export function currentEvent(): u32 {
  return number;
}

/** What to do whenever the host begins something new. */
export function onEvent(waiting: Action): void {
  action = waiting;
}
