// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { Flag, Tape } from "./tape";

/** `$.rules[2].match: expected an object (byte 71)`. `below` names a step further down that has no entry. */
export function describe(tape: Tape, entry: i32, below: string, text: string, offset: i32): string {
  let path = below;
  while (entry > 0) {
    const parent = parentOf(tape, entry);
    path = step(tape, parent, entry) + path;
    entry = parent;
  }
  return "$" + path + ": " + text + " (byte " + (<u32>offset).toString() + ")";
}

/** The container that an entry is in. */
export function parentOf(tape: Tape, entry: i32): i32 {
  let parent = entry - 1;
  while (tape.after(parent) <= entry) parent--;
  return parent;
}

function step(tape: Tape, parent: i32, entry: i32): string {
  if (tape.kind(parent) == 0x7b) {
    // The name as it is written, escapes and all, so that a message is one line whatever is in it.
    const name = tape.has(entry, Flag.Name) ? entry : entry - 1;
    const offset = tape.offset(name) + 1;
    return "." + tape.document.slice(offset, offset + tape.extent(name)).toString();
  }
  let index: u32 = 0;
  for (let child = parent + 1; child < entry; child = tape.after(child)) index++;
  return "[" + index.toString() + "]";
}
