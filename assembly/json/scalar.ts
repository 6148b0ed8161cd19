// SPDX-License-Identifier: Apache-2.0
import { readNumber } from "./decimal";
import { integer, readI64, readU64 } from "./integer";
import { beginMessage, endMessage, EXPECTED, fail, isLenient, putNumber, putWords } from "./message";
import { isDigit, numberEnd } from "./number";
import { kind, NONE, QUOTE, size, start, text } from "./tape";

// Values by the type that is asked for. An entry of another type is an error, no entry is the type's default.

// @ts-ignore: decorator
@lazy
const BOOL: usize = changetype<usize>("true or false");
// @ts-ignore: decorator
@lazy
const NUMBER: usize = changetype<usize>("a number");
// @ts-ignore: decorator
@lazy
const INTEGER: usize = changetype<usize>("a 64-bit integer");
// @ts-ignore: decorator
@lazy
const UNSIGNED: usize = changetype<usize>("an unsigned 64-bit integer");
// @ts-ignore: decorator
@lazy
const INTEGER_FROM: usize = changetype<usize>("an integer from ");
// @ts-ignore: decorator
@lazy
const TO: usize = changetype<usize>(" to ");

export function boolAt(tape: usize, entry: usize): bool {
  if (entry == NONE) return false;
  const first = kind(entry);
  if (first != 0x74 && first != 0x66) fail(tape, entry, start(entry), BOOL);
  return first == 0x74;
}

export function u32At(tape: usize, entry: usize, least: u32, most: u32): u32 {
  if (entry == NONE) return 0;
  const number = numberAt(tape, entry);
  if (number != NONE && readU64(number) && integer >= <u64>least && integer <= <u64>most) return <u32>integer;
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
  const number = numberAt(tape, entry);
  if (number != NONE && readI64(number)) return <i64>integer;
  fail(tape, entry, start(entry), INTEGER);
  return 0;
}

export function u64At(tape: usize, entry: usize): u64 {
  if (entry == NONE) return 0;
  const number = numberAt(tape, entry);
  if (number != NONE && readU64(number)) return integer;
  fail(tape, entry, start(entry), UNSIGNED);
  return 0;
}

export function f64At(tape: usize, entry: usize): f64 {
  if (entry == NONE) return 0;
  const at = numberAt(tape, entry);
  const number = at != NONE ? readNumber(at) : Infinity;
  if (isFinite(number)) return number;
  fail(tape, entry, start(entry), NUMBER);
  return 0;
}

/** Address of the number that a value is, by itself or, where that is allowed, in quotes; `NONE` when it is none. */
export function numberAt(tape: usize, entry: usize): usize {
  const first = kind(entry);
  if (isNumber(first)) return start(entry);
  if (first != QUOTE || !isLenient(tape)) return NONE;
  const end = numberEnd(text(entry));
  return end == text(entry) + <usize>size(entry) && isDigit(load<u8>(end - 1)) ? text(entry) : NONE;
}

/** Whether a number begins with this octet. */
// @ts-ignore: decorator
@inline
export function isNumber(first: u32): bool {
  return first == 0x2d || isDigit(first);
}

/** Octets of the number that a value is, as it is written. */
export function numberSize(entry: usize): i32 {
  return <i32>(numberEnd(start(entry)) - start(entry));
}

/** Whether a number is written with neither fraction nor exponent. */
export function isIntegerLiteral(entry: usize): bool {
  let at = start(entry) + usize(kind(entry) == 0x2d);
  while (isDigit(load<u8>(at))) at++;
  return load<u8>(at) != 0x2e && (load<u8>(at) | 0x20) != 0x65;
}
