// SPDX-License-Identifier: Apache-2.0
import { Context } from "./context";

const INITIAL_SLOTS: i32 = 64;

let keys = new StaticArray<u32>(INITIAL_SLOTS);
let values = new StaticArray<Context | null>(INITIAL_SLOTS);
let mask: u32 = INITIAL_SLOTS - 1;
/** Leaves as many of the high bits as there are in `mask`. */
let shift: u32 = clz(mask);
let used: i32 = 0;

// Open addressing with linear probing. The host numbers contexts in sequence, and long-lived streams that were opened
// together would stand side by side if the low bits of an id were its slot: every new stream that came their way would
// walk past all of them. Multiplying by 2^32 divided by the golden ratio spreads them. Id 0 is the VM and never a key: a
// slot of 0 is free. Half the slots stay free, so a probe always ends.

@inline
function home(id: u32): u32 {
  return (id * 0x9e3779b1) >> shift;
}

/** The context of an id, or null. A stream that has had no callback yet stands here as its plugin. */
export function find(id: u32): Context | null {
  let slot = home(id);
  let key = unchecked(keys[slot]);
  while (key != id && key != 0) {
    slot = (slot + 1) & mask;
    key = unchecked(keys[slot]);
  }
  return key != 0 ? unchecked(values[slot]) : null;
}

export function put(id: u32, context: Context): void {
  if (id == 0) return;
  let slot = home(id);
  for (let key = unchecked(keys[slot]); key != 0 && key != id; key = unchecked(keys[slot])) {
    slot = (slot + 1) & mask;
  }
  if (unchecked(keys[slot]) == 0) used++;
  unchecked((keys[slot] = id));
  unchecked((values[slot] = context));
  if ((<u32>used) << 1 > mask) grow();
}

export function remove(id: u32): void {
  if (id == 0) return;
  let slot = home(id);
  for (let key = unchecked(keys[slot]); key != id; key = unchecked(keys[slot])) {
    if (key == 0) return;
    slot = (slot + 1) & mask;
  }
  used--;
  // Close the gap: move back every entry of the run that may not be found across a free slot.
  let gap = slot;
  for (;;) {
    slot = (slot + 1) & mask;
    const key = unchecked(keys[slot]);
    if (key == 0) break;
    if (((slot - home(key)) & mask) >= ((slot - gap) & mask)) {
      unchecked((keys[gap] = key));
      unchecked((values[gap] = unchecked(values[slot])));
      gap = slot;
    }
  }
  unchecked((keys[gap] = 0));
  unchecked((values[gap] = null));
}

/** Number of contexts. */
export function count(): i32 {
  return used;
}

function grow(): void {
  const oldKeys = keys;
  const oldValues = values;
  const size = oldKeys.length << 1;
  keys = new StaticArray<u32>(size);
  values = new StaticArray<Context | null>(size);
  mask = size - 1;
  shift = clz(mask);
  used = 0;
  for (let i = 0; i < oldKeys.length; i++) {
    const context = unchecked(oldValues[i]);
    if (context !== null) put(unchecked(oldKeys[i]), context);
  }
}
