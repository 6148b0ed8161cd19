// SPDX-License-Identifier: Apache-2.0

// The memory strategy, see "Why is garbage collected between callbacks?" in RATIONALE.md: AssemblyScript's two-color mark
// and sweep collector (`--runtime minimal`), run when the outermost callback has returned and the heap has doubled since
// the last time. Within a callback nothing is ever collected, so a reference in a local, or one that is known as an
// address only, is safe without a shadow stack.

/** Bytes that the heap may grow by at the least: some bodies, so that not each one brings a collection with it. */
const MIN_GROWTH: usize = 256 << 10;

let threshold: usize = MIN_GROWTH;

/** Collects when it is worth it; only where no frame of the module holds a reference. */
@inline
export function collectIfDue(): void {
  // The runtime's count of the bytes in managed objects, which it does not export: the build's `--use` gives it this name.
  // @ts-ignore: defined by the build
  if (HEAP_BYTES >= threshold) collect();
}

function collect(): void {
  __collect();
  // @ts-ignore: defined by the build
  const live: usize = HEAP_BYTES;
  threshold = live + max(live, MIN_GROWTH);
}
