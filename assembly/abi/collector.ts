// SPDX-License-Identifier: Apache-2.0

// The memory strategy, see "Why is garbage collected between callbacks?" in RATIONALE.md: AssemblyScript's two-color mark
// and sweep collector (`--runtime minimal`), run when the outermost callback has returned and the heap has doubled since
// the last time. Within a callback nothing is ever collected, so a reference in a local, or one that is known as an
// address only, is safe without a shadow stack.
//
// The exception is `Steps`, for callbacks that would leave a great deal behind: between two steps the objects are collected
// that are younger than the first one. Frames below the loop over the steps can only hold older objects, all of which
// count as alive, and the loop itself holds no others.

/** Bytes that the heap may grow by at the least: some bodies, so that not each one brings a collection with it. */
const MIN_GROWTH: usize = 256 << 10;
/** The same between steps, where each collection looks at all that was made before. */
const MIN_STEP_GROWTH: usize = 1 << 20;

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

/** Begins a run of steps by its place in the list of all objects, which new ones join at the end. */
@final
export class Floor {
  /** Size of the heap when the run began or had its last collection, and from which on there is another. */
  live: usize = 0;
  threshold: usize = 0;

  /** Memory that the module has it keeps, so it may as well be filled, up to an eighth in which to find room. */
  expect(): void {
    const live = heapSize();
    const present = (<usize>memory.size()) << 16;
    this.live = live;
    this.threshold = max(live + max(live >> 3, MIN_STEP_GROWTH), present - (present >> 3));
  }
}

// Where the runtime keeps that list, as in AssemblyScript's std/assembly/rt/tcms.ts: in front of each object there are
// 20 octets, at whose address the list knows it. In the lowest two bits of `next` it notes what it knows of the object.
const OVERHEAD: usize = 20;
const NEXT: usize = 4;
const NOTES: usize = 3;

/** Begins a run of steps: what is there now is kept. */
export function beginSteps(): Floor {
  const floor = new Floor();
  floor.expect();
  return floor;
}

/** Between two steps: collects, when it is worth it, what was made since the run began; see `sweepAbove`. */
@inline
export function collectAbove(floor: Floor): void {
  if (heapSize() >= floor.threshold) sweepAbove(floor);
}

/** Ends a run. What it has left is collected rather than taken along, as what comes next keeps it. */
export function endSteps(floor: Floor): void {
  if (heapSize() >= floor.live + MIN_STEP_GROWTH) sweepAbove(floor);
}

/**
 * Collects what was made since a floor and is referred to by nothing that is older and by no global. Only for a caller that
 * holds no reference to anything made since.
 */
function sweepAbove(floor: Floor): void {
  const last = changetype<usize>(floor) - OVERHEAD;
  // Behind the youngest object comes the head of the list, and behind that the oldest.
  const head = behind(changetype<usize>(new Floor()) - OVERHEAD);
  // The collector takes for alive what has been visited, and lists it anew in the order of the visits: older ones first,
  // as they were.
  let object = behind(head);
  while (object != last) {
    const younger = behind(object);
    __visit(object + OVERHEAD, 0);
    object = younger;
  }
  __visit(last + OVERHEAD, 0);
  __collect();
  floor.expect();
}

// @ts-ignore: decorator
@inline
function behind(object: usize): usize {
  return load<usize>(object + NEXT) & ~NOTES;
}

/** Bytes in managed objects; where the build does not tell, never enough for a collection. */
// @ts-ignore: decorator
@inline
function heapSize(): usize {
  // @ts-ignore: defined by the build
  return isDefined(HEAP_BYTES) ? HEAP_BYTES : 0;
}
