// SPDX-License-Identifier: Apache-2.0
import { readNumber } from "./decimal";
import { integer, readInteger } from "./integer";
import { beginMessage, endMessage, EXPECTED, fail, putNumber, putWords } from "./message";
import { isDigit, numberEnd } from "./number";
import { kind, NONE, QUOTE, size, start, text } from "./tape";

// Values by the type that is asked for. An entry of another type is an error, no entry is the type's default.

const BOOL: usize = changetype<usize>("true or false");
const NUMBER: usize = changetype<usize>("a number");
const INTEGER: usize = changetype<usize>("a 64-bit integer");
const INTEGER_FROM: usize = changetype<usize>("an integer from ");
const TO: usize = changetype<usize>(" to ");

export function boolAt(tape: usize, entry: usize): bool {
  if (entry == NONE) return false;
  const first = kind(entry);
  if (first != 0x74 && first != 0x66) fail(tape, entry, start(entry), BOOL);
  return first == 0x74;
}

export function u32At(tape: usize, entry: usize, least: u32, most: u32): u32 {
  if (entry == NONE) return 0;
  if (readIntegerAt(entry) && integer >= <i64>least && integer <= <i64>most) return <u32>integer;
  if (beginMessage(tape, entry, EXPECTED)) {
    putWords(INTEGER_FROM);
    putNumber(least);
    putWords(TO);
    putNumber(most);
    endMessage(tape, start(entry));
  }
  return 0;
}

export function i64At(tape: usize, entry: usize): i64 {
  if (entry == NONE) return 0;
  if (readIntegerAt(entry)) return integer;
  fail(tape, entry, start(entry), INTEGER);
  return 0;
}

export function f64At(tape: usize, entry: usize): f64 {
  if (entry == NONE) return 0;
  const at = numberAt(entry);
  const number = at != NONE ? readNumber(at) : Infinity;
  if (isFinite(number)) return number;
  fail(tape, entry, start(entry), NUMBER);
  return 0;
}

/** Reads an integer into `integer`: a number or, as proto3 JSON writes large ones, a string with a number in it. */
function readIntegerAt(entry: usize): bool {
  const number = numberAt(entry);
  return number != NONE && readInteger(number);
}

/** Address of the number that a value is, by itself or in quotes; `NONE` when it is none. */
export function numberAt(entry: usize): usize {
  const first = kind(entry);
  if (first == 0x2d || isDigit(first)) return start(entry);
  if (first != QUOTE) return NONE;
  const end = numberEnd(text(entry));
  return end == text(entry) + <usize>size(entry) && isDigit(load<u8>(end - 1)) ? text(entry) : NONE;
}
