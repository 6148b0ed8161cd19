// SPDX-License-Identifier: Apache-2.0
import { after, ENTRY, flags, HEAD, kind, NAME, NONE, OBJECT, size, start, text } from "./tape";

// The head of a tape holds the first thing that is wrong with its document, once there is one:
//
//   ┌──────────┬─────────────────────┬─────────────┬────────────────────┬──────────────────────────────────────────┐
//   │ u32 size │ u32 document's text │ u32 lenient │ u32 lacking object │ $.rules[2]: expected an object (byte 71) │
//   └──────────┴─────────────────────┴─────────────┴────────────────────┴──────────────────────────────────────────┘
//
// What does not fit is left out. `lenient` says whether numbers may stand in quotes. The `lacking` object is the one in
// which a needed field is missing, when that is all that is wrong so far: getters go on then, so that all names are known
// that the object may have, and a misspelled one can be told.

const LENIENT: usize = 8;
const LACKING: usize = 12;
const TEXT: usize = 16;

// Words of messages. These are addresses of string literals, which stay where they are: passing them as numbers saves
// the code that keeps objects alive.
// @ts-ignore: decorator
@lazy
export const EXPECTED: usize = changetype<usize>(": expected ");
// @ts-ignore: decorator
@lazy
export const DUPLICATE: usize = changetype<usize>(": duplicate field");
// @ts-ignore: decorator
@lazy
const COLON: usize = changetype<usize>(": ");
// @ts-ignore: decorator
@lazy
export const STEP: usize = changetype<usize>(".");
// @ts-ignore: decorator
@lazy
const AT: usize = changetype<usize>(" (byte ");

/** Where the next octet of the message goes, and what it must not reach. */
let to: usize = 0;
let limit: usize = 0;

// @ts-ignore: decorator
@inline
export function failed(tape: usize): bool {
  return load<u32>(tape) != 0;
}

/** Whether getters answer defaults from now on. */
// @ts-ignore: decorator
@inline
export function stopped(tape: usize): bool {
  return load<u32>(tape) != 0 && load<u32>(tape, LACKING) == 0;
}

/** Clears the head for a document at `text`. */
export function beginDocument(tape: usize, text: usize, isLenient: bool): void {
  store<u32>(tape, 0);
  store<u32>(tape, <u32>text, 4);
  store<u32>(tape, u32(isLenient), LENIENT);
  store<u32>(tape, 0, LACKING);
}

/** Whether a number may stand in quotes, as proto3 JSON writes those of 64 bits. */
// @ts-ignore: decorator
@inline
export function isLenient(tape: usize): bool {
  return load<u32>(tape, LENIENT) != 0;
}

/** The object that lacks a field, when that is all that is wrong; 0 otherwise. */
// @ts-ignore: decorator
@inline
export function lacking(tape: usize): usize {
  return <usize>load<u32>(tape, LACKING);
}

/** To be called after the first message, when it only says that `object` lacks a field. */
export function setLacking(tape: usize, object: usize): void {
  store<u32>(tape, <u32>object, LACKING);
}

/** Forgets the message, to begin a better one. */
export function forgetMessage(tape: usize): void {
  store<u32>(tape, 0);
  setLacking(tape, 0);
}

// @ts-ignore: decorator
@inline
export function messageText(tape: usize): usize {
  return tape + TEXT;
}

/** Records that something else than `what` is at an entry. Returns 0. */
export function fail(tape: usize, entry: usize, at: usize, what: usize): usize {
  if (beginMessage(tape, entry, EXPECTED)) {
    putWords(what);
    endMessage(tape, at);
  }
  return 0;
}

/** Records that what is at an entry must not be. Returns 0. */
export function refuse(tape: usize, entry: usize, words: usize): usize {
  if (beginMessage(tape, entry, words)) endMessage(tape, start(entry));
  return 0;
}

/** Records words of a filter's own about an entry. */
export function reject(tape: usize, entry: usize, words: usize, length: i32): void {
  if (entry == NONE || !beginMessage(tape, entry, COLON)) return;
  putOctets(words, length);
  endMessage(tape, start(entry));
}

/** The same about a field that an object does not have. */
export function rejectMember(
  tape: usize,
  object: usize,
  name: usize,
  nameLength: i32,
  words: usize,
  length: i32,
): void {
  if (object == NONE || !beginMessage(tape, object, STEP)) return;
  putOctets(name, nameLength);
  putWords(COLON);
  putOctets(words, length);
  endMessage(tape, start(object));
}

/** Begins the message with the path of an entry. False when there is a message already. */
export function beginMessage(tape: usize, entry: usize, words: usize): bool {
  if (failed(tape)) return false;
  to = messageText(tape);
  limit = tape + HEAD;
  putPath(tape + HEAD, entry);
  putWords(words);
  return true;
}

/** Ends the message with an offset, that of the address `at`. */
export function endMessage(tape: usize, at: usize): void {
  putWords(AT);
  putNumber(<u32>at - load<u32>(tape, 4));
  put(0x29);
  store<u32>(tape, <u32>(to - messageText(tape)));
}

export function putNumber(number: u32): void {
  if (number > 9) putNumber(number / 10);
  put(0x30 + (number % 10));
}

export function putWords(words: usize): void {
  for (const end = words + <usize>load<u32>(words - 4); words < end; words += 2) put(load<u8>(words));
}

export function putOctets(ptr: usize, length: i32): void {
  for (const end = ptr + <usize>length; ptr < end; ptr++) put(load<u8>(ptr));
}

/** Control characters become spaces, so that a message is one line of a log. */
function put(octet: u32): void {
  if (to < limit) store<u8>(to++, max(octet, 0x20));
}

function putPath(root: usize, entry: usize): void {
  if (entry == root) return put(0x24);
  const parent = parentOf(entry);
  putPath(root, parent);
  if (kind(parent) == OBJECT) {
    const name = flags(entry) & NAME ? entry : entry - ENTRY;
    put(0x2e);
    return putOctets(text(name), size(name));
  }
  let index: u32 = 0;
  for (let child = parent + ENTRY; child < entry; child = after(child)) index++;
  put(0x5b);
  putNumber(index);
  put(0x5d);
}

/** The container that an entry is in. */
export function parentOf(entry: usize): usize {
  let parent = entry - ENTRY;
  while (after(parent) <= entry) parent -= ENTRY;
  return parent;
}
