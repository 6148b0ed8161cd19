// SPDX-License-Identifier: Apache-2.0
import { compareOctets } from "../text/octets";
import { after, ENTRY, size, text } from "./tape";

let repeated: usize = 0;

/** Up to so many names are compared each with each, those at least that look alike. */
const FEW: i32 = 32;
/** Neither a name's address nor 0. */
const MANY: usize = 1;

/**
 * The first field of an object that has the name of one before it, or 0. Whatever the document, it takes no more than
 * n log n comparisons.
 *
 * @param names room for the addresses of all fields
 */
export function repeatedName(object: usize, names: usize): usize {
  const name = repeatedAmongFew(object);
  return name != MANY ? name : repeatedAmongMany(object, names);
}

/** A name is compared with those before it only when one of them has its size, its first and its last octet, or nearly. */
function repeatedAmongFew(object: usize): usize {
  const end = after(object);
  let seen: u64 = 0;
  let count = 0;
  for (let name = object + ENTRY; name < end; name = after(name + ENTRY)) {
    if (++count > FEW) return MANY;
    const first = text(name);
    const length = size(name);
    // Of an empty name these are its quotes.
    const mark = <u32>load<u8>(first) * 5 + <u32>load<u8>(first + <usize>length - 1) * 11 + <u32>length;
    const bit = (<u64>1) << (mark & 63);
    if ((seen & bit) != 0) {
      for (let other = object + ENTRY; other < name; other = after(other + ENTRY)) {
        if (size(other) == length && compareOctets(text(other), first, <usize>length) == 0) return name;
      }
    }
    seen |= bit;
  }
  return 0;
}

/** A heapsort: names that end up side by side have been compared with each other. */
function repeatedAmongMany(object: usize, names: usize): usize {
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
