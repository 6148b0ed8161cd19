// SPDX-License-Identifier: Apache-2.0
import { addRange, addSet, clearSet, foldSet, negateSet } from "./byte-set";
import { addPosixClass } from "./classes";
import { Cursor } from "./cursor";
import { readClassEscape, readEscape } from "./escape";

// @ts-ignore: decorator
@lazy
const PART: usize = memory.data(32, 8);

const CARET: i32 = 0x5e;
const COLON: i32 = 0x3a;
const CLOSE: i32 = 0x5d;
const HYPHEN: i32 = 0x2d;

/** Reads a class in brackets into a set (RE2 parse.cc, ParseCharClass). The cursor is behind the opening bracket. */
export function readBracket(cursor: Cursor, set: usize, ignoresCase: bool): void {
  const start = cursor.at - 1;
  const isNegated = cursor.takes(CARET);
  clearSet(set);
  for (let isFirst = true; ; isFirst = false) {
    if (cursor.isAtEnd) {
      cursor.fail(start, "a [ without its ]");
      return;
    }
    // A bracket that comes first is one of the octets.
    if (!isFirst && cursor.takes(CLOSE)) break;
    if (cursor.peek() == 0x5b && cursor.peek(1) == COLON && readPosix(cursor, set, ignoresCase)) continue;
    if (cursor.peek() == 0x5c && isClassEscape(cursor, ignoresCase)) {
      addSet(set, PART);
      continue;
    }
    readRange(cursor, set);
    if (cursor.failed) return;
  }
  if (ignoresCase) foldSet(set);
  if (isNegated) negateSet(set);
}

function isClassEscape(cursor: Cursor, ignoresCase: bool): bool {
  cursor.at++;
  if (readClassEscape(cursor, PART, ignoresCase)) return true;
  cursor.at--;
  return false;
}

/** Reads `[:name:]`, or nothing when there is no end to it. */
function readPosix(cursor: Cursor, set: usize, ignoresCase: bool): bool {
  const name = cursor.at + 2;
  let end = name;
  while (
    end < cursor.source.length &&
    !(cursor.source.at(end) == COLON && cursor.source.at(end + 1) == CLOSE)
  )
    end++;
  if (end >= cursor.source.length) return false;
  const isNegated = cursor.source.at(name) == CARET;
  const first = isNegated ? name + 1 : name;
  clearSet(PART);
  if (!addPosixClass(PART, cursor.source.ptr + <usize>first, end - first)) {
    cursor.fail(cursor.at, "a class that POSIX does not have");
  }
  if (ignoresCase) foldSet(PART);
  if (isNegated) negateSet(PART);
  addSet(set, PART);
  cursor.at = end + 2;
  return true;
}

function readRange(cursor: Cursor, set: usize): void {
  const start = cursor.at;
  const first = readOctet(cursor);
  let last = first;
  // A hyphen before the closing bracket stands for itself.
  if (cursor.peek() == HYPHEN && cursor.peek(1) >= 0 && cursor.peek(1) != CLOSE) {
    cursor.at++;
    last = readOctet(cursor);
  }
  if (first < 0 || last < 0) return;
  if (last < first) cursor.fail(start, "a range whose end comes before its start");
  else addRange(set, first, last);
}

function readOctet(cursor: Cursor): i32 {
  const octet = cursor.take();
  return octet == 0x5c ? readEscape(cursor) : octet;
}
