// SPDX-License-Identifier: Apache-2.0
import { addPerlClass, addUnicodeClass } from "./classes";
import { clearSet, foldSet, negateSet } from "./byte-set";
import { Cursor } from "./cursor";

/**
 * The octet that an escape stands for (RE2 parse.cc, ParseEscape), or -1 when it is none: then that is recorded. The
 * cursor is behind the backslash.
 */
export function readEscape(cursor: Cursor): i32 {
  const start = cursor.at - 1;
  const first = cursor.take();
  switch (first) {
    case -1:
      cursor.fail(start, "a backslash at the end");
      return -1;
    case 0x61: // \a
      return 0x07;
    case 0x66: // \f
      return 0x0c;
    case 0x6e: // \n
      return 0x0a;
    case 0x72: // \r
      return 0x0d;
    case 0x74: // \t
      return 0x09;
    case 0x76: // \v
      return 0x0b;
    case 0x78: // \x
      return readHex(cursor, start);
  }
  if (first >= 0x30 && first <= 0x39) return readOctal(cursor, start, first);
  const letter = first | 0x20;
  if (first < 0x80 && (letter < 0x61 || letter > 0x7a)) return first;
  cursor.fail(start, "an escape that RE2 does not have");
  return -1;
}

function readOctal(cursor: Cursor, start: i32, first: i32): i32 {
  // As in RE2, a single digit but 0 would be a backreference.
  if (first > 0x37 || (first != 0x30 && !isOctal(cursor.peek()))) {
    cursor.fail(start, "a backreference, which cannot be matched in linear time");
    return -1;
  }
  let value = first - 0x30;
  for (let i = 0; i < 2 && isOctal(cursor.peek()); i++) value = value * 8 + cursor.take() - 0x30;
  return inRange(cursor, start, value);
}

function readHex(cursor: Cursor, start: i32): i32 {
  let value = 0;
  let digits = 0;
  const isBraced = cursor.takes(0x7b);
  for (let digit = hexDigit(cursor.peek()); digit >= 0; digit = hexDigit(cursor.peek())) {
    if (!isBraced && digits == 2) break;
    value = min((value << 4) + digit, 0x100);
    digits++;
    cursor.at++;
  }
  if (isBraced ? digits == 0 || !cursor.takes(0x7d) : digits != 2) {
    cursor.fail(start, "an incomplete \\x; expected \\xHH or \\x{H…}");
    return -1;
  }
  return inRange(cursor, start, value);
}

function inRange(cursor: Cursor, start: i32, value: i32): i32 {
  if (value <= 0xff) return value;
  cursor.fail(start, "a character above \\xff: Envoy matches octets; write the UTF-8 form of it");
  return -1;
}

/** Reads `d` of `\d` and its like, `pN` of `\pN` and its like, into a set. False, and nothing read, for another escape. */
export function readClassEscape(cursor: Cursor, set: usize, ignoresCase: bool): bool {
  const letter = cursor.peek();
  const lower = letter | 0x20;
  const isUnicode = lower == 0x70;
  clearSet(set);
  if (isUnicode) {
    readUnicode(cursor, set, ignoresCase);
    return true;
  }
  if (letter < 0x41 || !addPerlClass(set, lower)) return false;
  cursor.at++;
  if (letter != lower) negateSet(set);
  return true;
}

function readUnicode(cursor: Cursor, set: usize, ignoresCase: bool): void {
  const start = cursor.at - 1;
  let isNegated = cursor.take() == 0x50;
  const isBraced = cursor.takes(0x7b);
  if (isBraced && cursor.takes(0x5e)) isNegated = !isNegated;
  const name = cursor.at;
  if (isBraced) while (!cursor.isAtEnd && cursor.peek() != 0x7d) cursor.at++;
  else cursor.at++;
  const length = cursor.at - name;
  if (cursor.at > cursor.source.length || (isBraced && !cursor.takes(0x7d))) {
    cursor.fail(start, "an incomplete \\p; expected \\pN or \\p{Name}");
  } else if (!addUnicodeClass(set, cursor.source.ptr + <usize>name, length)) {
    cursor.fail(
      start,
      "a class of \\p that has no octets, or is unknown; expected a category, Latin or Common",
    );
  }
  if (ignoresCase) foldSet(set);
  if (isNegated) negateSet(set);
}

function isOctal(octet: i32): bool {
  return octet >= 0x30 && octet <= 0x37;
}

function hexDigit(octet: i32): i32 {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
