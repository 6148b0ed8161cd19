// SPDX-License-Identifier: Apache-2.0
import { isWordOctet, setHas, SET_SIZE } from "./byte-set";
import {
  ASSERT,
  BEGIN_LINE,
  BEGIN_TEXT,
  BYTE,
  END_LINE,
  END_TEXT,
  JUMP,
  MATCH,
  NO_WORD_BOUNDARY,
  opOf,
  operandOf,
  SET,
  SPLIT,
  WORD_BOUNDARY,
} from "./program";

// The places of a program that a text has led to, as a list of u16. The lists are the same for all expressions of the
// module: as long as the longest program, which is seen when it is compiled. A step costs no more than what its program
// is long, whatever the text is.

/** What came before a place in the text: all that a condition can ask for. */
export const AT_START: u32 = 0;
const AFTER_LINE: u32 = 1;
const AFTER_WORD: u32 = 2;
const AFTER_OTHER: u32 = 3;

/** What comes next behind the last octet. */
const END: i32 = -1;
/** In place of the conditions that hold: to be kept as they are, until what comes next is known. */
const OPEN: i32 = -1;

let room: i32 = 0;
let marks: usize = 0;
let mark: u32 = 0;
let stack: usize = 0;
let expanded: usize = 0;

/** The list that a step makes, and its length; whether a condition is in it. */
export let places: usize = 0;
export let placeCount: i32 = 0;
export let hasOpen: bool = false;

/** The list that a step takes, of the same size. */
export let here: usize = 0;

/** Makes room for a program of so many instructions. */
export function reservePlaces(length: i32): void {
  if (length <= room) return;
  if (room > 0) heap.free(marks);
  room = (length + 255) & ~255;
  const size = (<usize>room) << 1;
  marks = heap.alloc(size * 6);
  memory.fill(marks, 0, size << 1);
  mark = 0;
  stack = marks + (size << 1);
  expanded = stack + size;
  places = expanded + size;
  here = places + size;
}

/** The places at which a text begins, into `places`. */
export function beginPlaces(code: usize): void {
  clear();
  follow(code, 0, OPEN, places);
}

/** Copies `places` to `here`. */
export function stay(): void {
  memory.copy(here, places, (<usize>placeCount) << 1);
}

/** The places that an octet leads to from `count` of them, into `places`. */
export function step(
  code: usize,
  sets: usize,
  from: usize,
  count: i32,
  before: u32,
  isOpen: bool,
  octet: u32,
): void {
  if (isOpen) {
    count = resolve(code, from, count, before, octet);
    from = expanded;
  }
  clear();
  for (let i = 0; i < count; i++) {
    const pc = placeAt(from, i);
    const instruction = load<u32>(code + (pc << 2));
    const op = opOf(instruction);
    const operand = operandOf(instruction);
    if (op == BYTE ? <u32>operand == octet : op == SET && setHas(sets + <usize>operand * SET_SIZE, octet)) {
      follow(code, <i32>pc + 1, OPEN, places);
    }
  }
}

/** Whether a text may end at these places. */
export function mayEnd(code: usize, from: usize, count: i32, before: u32, isOpen: bool): bool {
  if (isOpen) {
    count = resolve(code, from, count, before, END);
    from = expanded;
  }
  for (let i = 0; i < count; i++) if (opOf(load<u32>(code + (placeAt(from, i) << 2))) == MATCH) return true;
  return false;
}

/** What a place behind an octet is to conditions. */
export function contextOf(octet: u32): u32 {
  if (octet == 0x0a) return AFTER_LINE;
  return isWordOctet(octet) ? AFTER_WORD : AFTER_OTHER;
}

/** Goes through the conditions that hold before `next`; what there is then is in `expanded`. Returns its length. */
function resolve(code: usize, from: usize, count: i32, before: u32, next: i32): i32 {
  const holding = holdingBetween(before, next);
  clear();
  for (let i = 0; i < count; i++) follow(code, <i32>placeAt(from, i), holding, expanded);
  return placeCount;
}

function holdingBetween(before: u32, next: i32): u32 {
  let holding: u32 = 0;
  if (before == AT_START) holding |= BEGIN_TEXT | BEGIN_LINE;
  if (before == AFTER_LINE) holding |= BEGIN_LINE;
  if (next == END) holding |= END_TEXT | END_LINE;
  if (next == 0x0a) holding |= END_LINE;
  const isWord = next >= 0 && isWordOctet(next);
  return holding | ((before == AFTER_WORD) != isWord ? WORD_BOUNDARY : NO_WORD_BOUNDARY);
}

// @ts-ignore: decorator
@inline
function placeAt(list: usize, index: i32): usize {
  return <usize>load<u16>(list + ((<usize>index) << 1));
}

function clear(): void {
  placeCount = 0;
  hasOpen = false;
  if (++mark != 0) return;
  memory.fill(marks, 0, (<usize>room) << 2);
  mark = 1;
}

/** Adds to a list what is reached from `pc` without an octet. Each instruction is visited once for each list. */
function follow(code: usize, pc: i32, holding: i32, list: usize): void {
  let top = visit(pc, stack);
  while (top > stack) {
    top -= 2;
    pc = <i32>load<u16>(top);
    const instruction = load<u32>(code + ((<usize>pc) << 2));
    const op = opOf(instruction);
    const operand = operandOf(instruction);
    if (op == JUMP || op == SPLIT) {
      top = visit(pc + operand, top);
      if (op == SPLIT) top = visit(pc + 1, top);
    } else if (op == ASSERT && holding != OPEN) {
      if ((holding & operand) != 0) top = visit(pc + 1, top);
    } else {
      if (op == ASSERT) hasOpen = true;
      store<u16>(list + ((<usize>placeCount) << 1), <u16>pc);
      placeCount++;
    }
  }
}

/** Puts an instruction on the stack, unless it was there before. Returns the stack's new top. */
// @ts-ignore: decorator
@inline
function visit(pc: i32, top: usize): usize {
  const at = marks + ((<usize>pc) << 2);
  if (load<u32>(at) == mark) return top;
  store<u32>(at, mark);
  store<u16>(top, <u16>pc);
  return top + 2;
}
