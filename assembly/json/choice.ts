// SPDX-License-Identifier: Apache-2.0
import { integer, readI64 } from "./integer";
import { beginMessage, endMessage, EXPECTED, putWords } from "./message";
import { isNumber } from "./scalar";
import { kind, NONE, QUOTE, size, start, text } from "./tape";

// @ts-ignore: decorator
@lazy
const ONE_OF: usize = changetype<usize>("one of ");
// @ts-ignore: decorator
@lazy
const COMMA: usize = changetype<usize>(", ");

/** Index of a string among `choices`, which are of ASCII; 0 when it is none of them, which is an error. */
export function choiceAt(tape: usize, entry: usize, choices: StaticArray<string>): i32 {
  if (entry == NONE) return 0;
  const index = indexOf(entry, choices);
  return index >= 0 ? index : failChoice(tape, entry, choices);
}

/** The same for a value of an enumeration, which may be its number too. An empty name is no value's. */
export function enumerationAt(tape: usize, entry: usize, names: StaticArray<string>): i32 {
  if (entry == NONE) return 0;
  let index = -1;
  if (!isNumber(kind(entry))) index = indexOf(entry, names);
  else if (readI64(start(entry)) && integer < <u64>names.length) index = <i32>integer;
  const isTaken = index >= 0 && unchecked(names[index]).length > 0;
  return isTaken ? index : failChoice(tape, entry, names);
}

/** Writes those of these names that are not empty, with commas. */
export function putNames(names: StaticArray<string>): void {
  let isFirst = true;
  for (let i = 0; i < names.length; i++) {
    const name = unchecked(names[i]);
    if (name.length == 0) continue;
    if (!isFirst) putWords(COMMA);
    putWords(changetype<usize>(name));
    isFirst = false;
  }
}

function failChoice(tape: usize, entry: usize, choices: StaticArray<string>): i32 {
  if (beginMessage(tape, entry, EXPECTED)) {
    putWords(ONE_OF);
    putNames(choices);
    endMessage(tape, start(entry));
  }
  return 0;
}

function indexOf(entry: usize, choices: StaticArray<string>): i32 {
  if (kind(entry) != QUOTE) return -1;
  for (let i = 0; i < choices.length; i++)
    if (isChoice(entry, changetype<usize>(unchecked(choices[i])))) return i;
  return -1;
}

function isChoice(entry: usize, choice: usize): bool {
  const length = load<u32>(choice - 4) >> 1;
  if (size(entry) != length) return false;
  for (let i: usize = 0; i < <usize>length; i++) {
    if (<u16>load<u8>(text(entry) + i) != load<u16>(choice + (i << 1))) return false;
  }
  return true;
}
