// SPDX-License-Identifier: Apache-2.0
import { isWordOctet } from "./byte-set";
import { Cursor } from "./cursor";
import { DOT_ALL, IGNORE_CASE, MULTI_LINE } from "./group";

// @ts-ignore: decorator
@lazy
const LOOKAROUND: string = "a lookaround, which cannot be matched in linear time";
// @ts-ignore: decorator
@lazy
const UNKNOWN: string = "a group of a kind that RE2 does not have";

/**
 * Reads what comes behind an opening parenthesis: a name, which is checked and forgotten, or flags. Returns the flags that
 * hold from here on. `(?i)` is read with its parenthesis.
 */
export function readGroupHead(cursor: Cursor, flags: u32): u32 {
  const start = cursor.at - 1;
  if (!cursor.takes(0x3f)) return flags;
  const first = cursor.peek();
  const second = cursor.peek(1);
  if (first == 0x3d || first == 0x21 || (first == 0x3c && (second == 0x3d || second == 0x21))) {
    cursor.fail(start, LOOKAROUND);
  } else if (first == 0x3c) {
    cursor.at++;
    readName(cursor, start);
  } else if (first == 0x50 && second == 0x3c) {
    cursor.at += 2;
    readName(cursor, start);
  } else {
    return readFlags(cursor, start, flags);
  }
  return flags;
}

function readName(cursor: Cursor, start: i32): void {
  const name = cursor.at;
  while (cursor.peek() >= 0 && isWordOctet(cursor.peek())) cursor.at++;
  if (cursor.at == name || !cursor.takes(0x3e))
    cursor.fail(start, "a group whose name is not one of word characters");
}

function readFlags(cursor: Cursor, start: i32, flags: u32): u32 {
  let isNegated = false;
  let isOpen = true;
  while (!cursor.failed) {
    const octet = cursor.take();
    if (octet == 0x3a || octet == 0x29) {
      // A minus must have a flag behind it.
      if (isNegated && isOpen) cursor.fail(start, UNKNOWN);
      return flags;
    }
    if (octet == 0x2d && !isNegated) {
      isNegated = true;
      isOpen = true;
      continue;
    }
    const flag = flagOf(octet);
    if (flag < 0) cursor.fail(start, UNKNOWN);
    isOpen = false;
    flags = isNegated ? flags & ~(<u32>flag) : flags | (<u32>flag);
  }
  return flags;
}

/** The bit of a flag, 0 for one that does not change what matches, or -1. */
function flagOf(octet: i32): i32 {
  switch (octet) {
    case 0x69:
      return IGNORE_CASE;
    case 0x6d:
      return MULTI_LINE;
    case 0x73:
      return DOT_ALL;
    case 0x55:
      return 0;
    default:
      return -1;
  }
}
