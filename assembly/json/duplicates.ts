// SPDX-License-Identifier: Apache-2.0
import { compareTexts } from "./string";
import { Tape } from "./tape";

/** False, and the document failed, when an object has two fields of one name, however they are written. */
export function refuseDuplicates(tape: Tape, object: i32): bool {
  let count = 0;
  for (let name = object + 1; name < tape.size; name = tape.after(name + 1)) count++;
  if (count < 2) return true;
  const names = new StaticArray<i32>(count);
  count = 0;
  for (let name = object + 1; name < tape.size; name = tape.after(name + 1)) {
    unchecked((names[count++] = name));
  }
  sort(tape, names);
  // Of all that repeat a name, the first in the document is the error.
  let repeated = tape.size;
  for (let i = 1; i < count; i++) {
    const name = unchecked(names[i]);
    if (name < repeated && compareTexts(tape, unchecked(names[i - 1]), name) == 0) repeated = name;
  }
  if (repeated == tape.size) return true;
  tape.fail(repeated, tape.offset(repeated), "duplicate field");
  return false;
}

/** Heapsort: no document, however it is made, takes more than n log n comparisons. */
function sort(tape: Tape, names: StaticArray<i32>): void {
  let end = names.length;
  for (let start = end >> 1; end > 1; ) {
    let root = 0;
    if (start > 0) root = --start;
    else swap(names, 0, --end);
    for (let child = (root << 1) + 1; child < end; child = (root << 1) + 1) {
      if (child + 1 < end && isBefore(tape, names, child, child + 1)) child++;
      if (!isBefore(tape, names, root, child)) break;
      swap(names, root, child);
      root = child;
    }
  }
}

function isBefore(tape: Tape, names: StaticArray<i32>, i: i32, j: i32): bool {
  const a = unchecked(names[i]);
  const b = unchecked(names[j]);
  const order = compareTexts(tape, a, b);
  return order != 0 ? order < 0 : a < b;
}

function swap(names: StaticArray<i32>, i: i32, j: i32): void {
  const name = unchecked(names[i]);
  unchecked((names[i] = unchecked(names[j])));
  unchecked((names[j] = name));
}
