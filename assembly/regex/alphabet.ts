// SPDX-License-Identifier: Apache-2.0
import { addOctet, clearSet, isWordOctet, setHas, SET_SIZE } from "./byte-set";
import {
  BEGIN_LINE,
  BYTE,
  END_LINE,
  NO_WORD_BOUNDARY,
  opOf,
  operandOf,
  Program,
  WORD_BOUNDARY,
} from "./program";

// @ts-ignore: decorator
@lazy
const PART: usize = memory.data(32, 8);
/** Octets that have numbers of their own. */
// @ts-ignore: decorator
@lazy
const SINGLES: usize = memory.data(32, 8);
/** For each class so far, what became of the octets in a set: 0, or the class plus 1. */
// @ts-ignore: decorator
@lazy
const SPLIT_OFF: usize = memory.data(512, 8);

/**
 * Numbers the octets so that those with the same number are the same to a program: the tables of its states have a column
 * for each number. Writes the number of each octet to `map`, and returns how many there are.
 */
export function numberOctets(program: Program, map: usize): i32 {
  memory.fill(map, 0, 256);
  let count = 1;
  for (let i = 0; i < program.setCount; i++) count = divide(map, count, program.sets + <usize>i * SET_SIZE);
  clearSet(SINGLES);
  for (let pc = 0; pc < program.length; pc++) {
    const instruction = program.get(pc);
    const octet = <u32>operandOf(instruction);
    if (opOf(instruction) != BYTE || setHas(SINGLES, octet)) continue;
    addOctet(SINGLES, octet);
    count = divideBy(map, count, octet);
  }
  if ((program.conditions & (BEGIN_LINE | END_LINE)) != 0) count = divideBy(map, count, 0x0a);
  if ((program.conditions & (WORD_BOUNDARY | NO_WORD_BOUNDARY)) != 0) {
    clearSet(PART);
    for (let octet: u32 = 0; octet < 256; octet++) if (isWordOctet(octet)) addOctet(PART, octet);
    count = divide(map, count, PART);
    // What comes before a place is a line's end, a word or something else.
    count = divideBy(map, count, 0x0a);
  }
  return count;
}

function divideBy(map: usize, count: i32, octet: u32): i32 {
  clearSet(PART);
  addOctet(PART, octet);
  return divide(map, count, PART);
}

/** Gives the octets of a set numbers of their own, where they share one with octets outside. */
function divide(map: usize, count: i32, set: usize): i32 {
  // Which numbers have octets outside the set.
  memory.fill(SPLIT_OFF, 0, 512);
  for (let octet: u32 = 0; octet < 256; octet++) {
    if (!setHas(set, octet)) store<u8>(SPLIT_OFF + 256 + <usize>load<u8>(map + octet), 1);
  }
  for (let octet: u32 = 0; octet < 256; octet++) {
    const number = <usize>load<u8>(map + octet);
    // A number above those that were there at the start has been given here.
    if (!setHas(set, octet) || load<u8>(SPLIT_OFF + 256 + number) == 0) continue;
    let fresh = <i32>load<u8>(SPLIT_OFF + number);
    if (fresh == 0) {
      fresh = count++;
      store<u8>(SPLIT_OFF + number, fresh);
    }
    store<u8>(map + octet, fresh);
  }
  return count;
}
