// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";

// String literals lie in static memory, below the heap, so an address there names the same text for ever. 256 slots,
// replaced on collision: bounded, and in practice every literal of a filter has its own.
const SLOTS: i32 = 256;
const keys = new StaticArray<usize>(SLOTS);
const views = new StaticArray<Bytes | null>(SLOTS);

/** The UTF-8 form of a string, the same view each time for a literal. */
export function literalBytes(text: string): Bytes {
  const address = changetype<usize>(text);
  if (address >= __heap_base) return Bytes.fromString(text);
  const slot = <i32>((address >> 4) & (SLOTS - 1));
  if (unchecked(keys[slot]) == address) {
    const known = unchecked(views[slot]);
    if (known !== null) return known;
  }
  const view = Bytes.fromString(text);
  unchecked((keys[slot] = address));
  unchecked((views[slot] = view));
  return view;
}
