// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { refuseDuplicates } from "./duplicates";
import { isDigit, numberEnd } from "./number";
import { stringEnd } from "./string";
import { Flag, NONE, Tape } from "./tape";

const COLON: i32 = 0x3a;
const COMMA: i32 = 0x2c;
const MINUS: i32 = 0x2d;
const QUOTE: i32 = 0x22;
/** A closing bracket's octet is that of the opening one plus two, for both kinds. */
const OPEN_ARRAY: i32 = 0x5b;
const OPEN_OBJECT: i32 = 0x7b;

// The words as they lie in memory; `false` without its first letter, to fit.
const TRUE: u32 = 0x65757274;
const NULL: u32 = 0x6c6c756e;
const ALSE: u32 = 0x65736c61;

/**
 * Reads a whole document (RFC 8259, nothing beyond it) onto its tape, or fails it. The tape is the stack: an open
 * container knows its parent.
 */
export function scan(tape: Tape, maxDepth: i32): void {
  const document = tape.document;
  let container = NONE;
  let depth = 0;
  let at = skipBlanks(document, 0);
  while (at >= 0) {
    const entry = tape.add(at);
    const first = document.at(at);
    if (first == OPEN_OBJECT || first == OPEN_ARRAY) {
      if (depth++ == maxDepth) {
        tape.fail(entry, at, "nested too deep");
        return;
      }
      tape.setExtent(entry, max(container, 0));
      container = entry;
      at = skipBlanks(document, at + 1);
      if (document.at(at) != first + 2) {
        if (first == OPEN_OBJECT) at = scanName(tape, container, at);
        continue;
      }
    } else {
      at = scanScalar(tape, entry, at);
      if (at < 0) return;
      at = skipBlanks(document, at);
    }
    // A value is complete, or a container is about to be: close all that end here.
    while (depth > 0 && document.at(at) == tape.kind(container) + 2) {
      const parent = tape.extent(container);
      tape.setExtent(container, tape.size);
      if (tape.kind(container) == OPEN_OBJECT && !refuseDuplicates(tape, container)) return;
      container = parent;
      depth--;
      at = skipBlanks(document, at + 1);
    }
    if (depth == 0) {
      if (at < document.length) tape.fail(0, at, "expected the end");
      return;
    }
    const isObject = tape.kind(container) == OPEN_OBJECT;
    if (document.at(at) != COMMA) {
      tape.fail(container, at, isObject ? "expected , or }" : "expected , or ]");
      return;
    }
    at = skipBlanks(document, at + 1);
    if (isObject) at = scanName(tape, container, at);
  }
}

/** A field's name and colon. Returns where its value starts, or `NONE`. */
function scanName(tape: Tape, object: i32, at: i32): i32 {
  const document = tape.document;
  if (document.at(at) != QUOTE) return tape.fail(object, at, "expected a field name");
  const name = tape.add(at, Flag.Name);
  at = stringEnd(tape, name);
  if (at < 0) return at;
  at = skipBlanks(document, at);
  return document.at(at) == COLON ? skipBlanks(document, at + 1) : tape.fail(name, at, "expected :");
}

/** A value without parts. Returns where it ends, or `NONE`. */
function scanScalar(tape: Tape, entry: i32, at: i32): i32 {
  const document = tape.document;
  const first = document.at(at);
  if (first == QUOTE) return stringEnd(tape, entry);
  if (first == MINUS || isDigit(first)) {
    const end = numberEnd(document, at);
    tape.setExtent(entry, end - at);
    return isDigit(document.at(end - 1)) ? end : tape.fail(entry, end, "expected a digit");
  }
  const end = literalEnd(document, at);
  return end > 0 ? end : tape.expected(entry, "a value");
}

function literalEnd(document: Bytes, at: i32): i32 {
  const start = document.ptr + <usize>at;
  if (at + 4 <= document.length && (load<u32>(start) == TRUE || load<u32>(start) == NULL)) return at + 4;
  return at + 5 <= document.length && document.at(at) == 0x66 && load<u32>(start, 1) == ALSE ? at + 5 : NONE;
}

function skipBlanks(document: Bytes, at: i32): i32 {
  while (true) {
    const octet = document.at(at);
    if (octet != 0x20 && octet != 0x0a && octet != 0x0d && octet != 0x09) return at;
    at++;
  }
}
