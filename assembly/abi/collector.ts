// SPDX-License-Identifier: Apache-2.0
import { __new as newObject } from "rt/tcms";

// The memory strategy, see "Why the collector runs between callbacks" in RATIONALE.md: AssemblyScript's two-color mark
// and sweep collector (`--runtime minimal`), run when the outermost callback has returned and enough has been allocated
// since the last time. Within a callback nothing is ever collected, so a reference in a local, or one that is known as
// an address only, is safe without a shadow stack.

/** Bytes to allocate between two collections at the least: a collection of so little takes some 10 microseconds. */
const MIN_INTERVAL: usize = 64 << 10;
/** A part of all memory, for filters with much to keep: a collection walks what lives, so make that pay. */
const INTERVAL_SHIFT: usize = 3;
/** Header that the runtime puts before each object. */
const OBJECT_OVERHEAD: usize = 20;

// @ts-ignore: decorator
@lazy let allocated: usize = 0;

/**
 * Takes the place of the runtime's `__new` (`--use __new=…`), which does not say how much it has handed out. The name
 * has to be another, or the alias would be its own target.
 */
export function countedNew(size: usize, id: i32): usize {
  allocated += size + OBJECT_OVERHEAD;
  return newObject(size, id);
}

/** Collects when it is worth it; only where no frame of the module holds a reference. */
@inline
export function collectIfDue(): void {
  if (allocated >= MIN_INTERVAL) collect();
}

function collect(): void {
  const memorySize = (<usize>memory.size()) << 16;
  if (allocated < memorySize >> INTERVAL_SHIFT) return;
  allocated = 0;
  __collect();
}
