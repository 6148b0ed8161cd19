// SPDX-License-Identifier: Apache-2.0
import { Cursor } from "./cursor";
import { JUMP, Program, SPLIT } from "./program";

/** RE2's limit (parse.cc, kMaxRepeat), for what is repeated within repetitions too. */
export const MAX_REPEAT: i32 = 1000;
/** RE2 reads braces around a number as long as this as text. */
const MAX_NUMBER: i32 = 100_000_000;

/** What `readRepetition` has read; -1 is no limit. */
export let repetitionLeast: i32 = 0;
export let repetitionMost: i32 = 0;

/**
 * Reads `*`, `+`, `?` or `{n,m}` with the `?` behind it, which makes no difference to whether a text matches. False, and
 * nothing read, where there is none; what looks like braces with something else in them is text.
 */
export function readRepetition(cursor: Cursor): bool {
  const start = cursor.at;
  if (!readOne(cursor)) return false;
  cursor.takes(0x3f);
  const end = cursor.at;
  const least = repetitionLeast;
  const most = repetitionMost;
  if (readOne(cursor)) {
    cursor.fail(start, "a repetition of a repetition, or a possessive one; write (?:…) around the inner one");
  }
  cursor.at = end;
  if (least > MAX_REPEAT || most > MAX_REPEAT || (most >= 0 && least > most)) {
    cursor.fail(start, "a repetition of more than 1000, or of more than its most");
  }
  repetitionLeast = least;
  repetitionMost = most;
  return true;
}

function readOne(cursor: Cursor): bool {
  repetitionLeast = 0;
  repetitionMost = -1;
  switch (cursor.peek()) {
    case 0x2a: // *
      break;
    case 0x2b: // +
      repetitionLeast = 1;
      break;
    case 0x3f: // ?
      repetitionMost = 1;
      break;
    case 0x7b: // {
      return readBraces(cursor);
    default:
      return false;
  }
  cursor.at++;
  return true;
}

function readBraces(cursor: Cursor): bool {
  const start = cursor.at;
  cursor.at++;
  const least = readNumber(cursor);
  let most = least;
  if (least >= 0 && cursor.takes(0x2c)) most = cursor.peek() == 0x7d ? -1 : readNumber(cursor);
  const isOpen = most < 0 && cursor.source.at(cursor.at - 1) == 0x2c && cursor.peek() == 0x7d;
  if (least < 0 || (most < 0 && !isOpen) || !cursor.takes(0x7d)) {
    cursor.at = start;
    return false;
  }
  repetitionLeast = least;
  repetitionMost = most;
  return true;
}

/** A number without leading zeros, or -1. */
function readNumber(cursor: Cursor): i32 {
  const start = cursor.at;
  let number = 0;
  for (let octet = cursor.peek(); octet >= 0x30 && octet <= 0x39; octet = cursor.peek()) {
    if (number >= MAX_NUMBER) return -1;
    number = number * 10 + octet - 0x30;
    cursor.at++;
  }
  const digits = cursor.at - start;
  return digits == 0 || (digits > 1 && cursor.source.at(start) == 0x30) ? -1 : number;
}

/**
 * Makes the last part of a program, which begins at `start`, a repetition of itself:
 *
 *   x*       start: SPLIT end │ x │ JUMP start │ end:
 *   x+       start: x │ SPLIT start │ end:
 *   x{2,4}   x │ x │ SPLIT end │ x │ SPLIT end │ x │ end:
 *
 * False when there is no room for it.
 */
export function repeat(program: Program, start: i32, least: i32, most: i32): bool {
  const size = program.length - start;
  if (!program.fits(growth(size, least, most))) return false;
  if (most < 0) repeatForever(program, start, size, least);
  else if (most == 0) program.length = start;
  else repeatUpTo(program, start, size, least, most);
  return true;
}

/** Instructions that a repetition adds. */
function growth(size: i64, least: i64, most: i64): i64 {
  if (most < 0) return least == 0 ? 2 : (least - 1) * size + 1;
  return most == 0 ? 0 : (most - 1) * size + most - least;
}

function repeatForever(program: Program, start: i32, size: i32, least: i32): void {
  if (least == 0) {
    program.insert(start, SPLIT, size + 2);
    program.add(JUMP, -(size + 1));
    return;
  }
  for (let i = 1; i < least; i++) program.append(start, start + size);
  program.add(SPLIT, -size);
}

function repeatUpTo(program: Program, start: i32, size: i32, least: i32, most: i32): void {
  const end = start + least * size + (most - least) * (size + 1);
  let original = start;
  if (least == 0) {
    program.insert(start, SPLIT, end - start);
    original++;
  }
  for (let i = 1; i < most; i++) {
    if (i >= least) program.add(SPLIT, end - program.length);
    program.append(original, original + size);
  }
}
