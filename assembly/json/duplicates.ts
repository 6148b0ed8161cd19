// SPDX-License-Identifier: Apache-2.0
import { compareOctets } from "../text/octets";
import { after, ENTRY, size, text } from "./tape";

let repeated: usize = 0;

/**
 * The first field of an object that has the name of one before it, or 0. A heapsort: whatever the document, it takes
 * no more than n log n comparisons, and names that end up side by side have been compared with each other.
 *
 * @param names room for the addresses of all fields
 */
export function repeatedName(object: usize, names: usize): usize {
  const end = after(object);
  let last: u32 = 0;
  for (let name = object + ENTRY; name < end; name = after(name + ENTRY)) put(names, last++, <u32>name);
  repeated = usize.MAX_VALUE;
  for (let root = last >> 1; last > 1;) {
    let parent: u32 = 0;
    if (root > 0) parent = --root;
    else swap(names, 0, --last);
    for (let child = (parent << 1) + 1; child < last; child = (parent << 1) + 1) {
      if (child + 1 < last && isBefore(names, child, child + 1)) child++;
      if (!isBefore(names, parent, child)) break;
      swap(names, parent, child);
      parent = child;
    }
  }
  return repeated != usize.MAX_VALUE ? repeated : 0;
}

function isBefore(names: usize, i: u32, j: u32): bool {
  const a = <usize>get(names, i);
  const b = <usize>get(names, j);
  let order = size(a) - size(b);
  if (order == 0) order = compareOctets(text(a), text(b), <usize>size(a));
  if (order != 0) return order < 0;
  repeated = min(repeated, max(a, b));
  return a < b;
}

function swap(names: usize, i: u32, j: u32): void {
  const name = get(names, i);
  put(names, i, get(names, j));
  put(names, j, name);
}

// @ts-ignore: decorator
@inline
function get(names: usize, index: u32): u32 {
  return load<u32>(names + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
function put(names: usize, index: u32, name: u32): void {
  store<u32>(names + ((<usize>index) << 2), name);
}
