// SPDX-License-Identifier: Apache-2.0
import { repeatedName } from "./duplicates";
import { DUPLICATE, fail, refuse } from "./message";
import { isDigit, numberEnd } from "./number";
import { scanString } from "./string";
import { ENTRY, HEAD, kind, NAME, NONE, OBJECT, QUOTE } from "./tape";

const COLON: u32 = 0x3a;
const COMMA: u32 = 0x2c;
const MINUS: u32 = 0x2d;

// The words as they lie in memory; `false` without its first letter, to fit.
const TRUE: u32 = 0x65757274;
const NULL: u32 = 0x6c6c756e;
const ALSE: u32 = 0x65736c61;

// @ts-ignore: decorator
@lazy
const TOO_DEEP: usize = changetype<usize>(": nested too deep");
// @ts-ignore: decorator
@lazy
const FIELD_NAME: usize = changetype<usize>("a field name");
// @ts-ignore: decorator
@lazy
const A_COLON: usize = changetype<usize>(":");
// @ts-ignore: decorator
@lazy
const OBJECT_END: usize = changetype<usize>(", or }");
// @ts-ignore: decorator
@lazy
const ARRAY_END: usize = changetype<usize>(", or ]");
// @ts-ignore: decorator
@lazy
const DIGIT: usize = changetype<usize>("a digit");
// @ts-ignore: decorator
@lazy
const VALUE: usize = changetype<usize>("a value");
// @ts-ignore: decorator
@lazy
const END: usize = changetype<usize>("the end");

/** The tape, and the next entry to write on it. */
let tape: usize = 0;
export let top: usize = 0;

/**
 * Reads a document (RFC 8259, nothing beyond it) onto a tape and takes the escapes out of its strings. An open
 * container knows its parent, so no stack is needed.
 *
 * @param at the document, followed by a 0, which no rule below reads over, and 7 octets to spare
 * @param end address of that 0
 * @param target the tape, with room for all entries and 2 octets more for each
 * @returns address of the end, or 0 for what is not JSON
 */
export function scan(at: usize, end: usize, target: usize, maxDepth: i32): usize {
  tape = target;
  top = target + HEAD;
  let container = NONE;
  let depth = 0;
  at = skipBlanks(at);
  while (true) {
    if (depth > 0 && kind(container) == OBJECT) at = scanName(container, at);
    if (at == 0) return 0;
    const first = <u32>load<u8>(at);
    const entry = push(at, <u32>container);
    if ((first | 0x20) == OBJECT) {
      if (++depth > maxDepth) return refuse(tape, entry, TOO_DEEP);
      container = entry;
      at = skipBlanks(at + 1);
      if (load<u8>(at) != first + 2) continue;
    } else {
      at = scanScalar(entry, first, at);
      if (at == 0) return 0;
      at = skipBlanks(at);
    }
    // A value is complete, or an empty container about to be: close all that end here.
    while (depth > 0 && load<u8>(at) == kind(container) + 2) {
      const parent = <usize>load<u32>(container, 4);
      store<u32>(container, <u32>top, 4);
      if (kind(container) == OBJECT) {
        // A field is two entries at least, so behind the last there is room for the addresses of all names.
        const name = repeatedName(container, top);
        if (name != NONE) return refuse(tape, name, DUPLICATE);
      }
      container = parent;
      depth--;
      at = skipBlanks(at + 1);
    }
    if (depth == 0) return at == end ? at : fail(tape, tape + HEAD, at, END);
    if (load<u8>(at) != COMMA) {
      return fail(tape, container, at, kind(container) == OBJECT ? OBJECT_END : ARRAY_END);
    }
    at = skipBlanks(at + 1);
  }
}

/** A field's name and colon. */
function scanName(object: usize, at: usize): usize {
  if (load<u8>(at) != QUOTE) return fail(tape, object, at, FIELD_NAME);
  const name = push(at, NAME);
  at = scanString(tape, name, at);
  if (at == 0) return 0;
  at = skipBlanks(at);
  return load<u8>(at) == COLON ? skipBlanks(at + 1) : fail(tape, name, at, A_COLON);
}

/** A value that has no parts. */
function scanScalar(entry: usize, first: u32, at: usize): usize {
  if (first == QUOTE) return scanString(tape, entry, at);
  if (first == MINUS || isDigit(first)) {
    const end = numberEnd(at);
    // Where a number breaks off, a digit is missing.
    return isDigit(load<u8>(end - 1)) ? end : fail(tape, entry, end, DIGIT);
  }
  const word = load<u32>(at);
  if (word == TRUE || word == NULL) return at + 4;
  return first == 0x66 && load<u32>(at, 1) == ALSE ? at + 5 : fail(tape, entry, at, VALUE);
}

function skipBlanks(at: usize): usize {
  while (true) {
    const octet = load<u8>(at);
    if (octet != 0x20 && octet != 0x0a && octet != 0x0d && octet != 0x09) return at;
    at++;
  }
}

function push(at: usize, word: u32): usize {
  const entry = top;
  store<u32>(entry, <u32>at);
  store<u32>(entry, word, 4);
  top = entry + ENTRY;
  return entry;
}
