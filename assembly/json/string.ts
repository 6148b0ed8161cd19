// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { sequenceSize } from "../text/utf8";
import { Flag, NONE, Tape } from "./tape";

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;
const LOWER_U: i32 = 0x75;

/** Checks the string at an entry and notes its size. Returns where the document goes on, or `NONE`. */
export function stringEnd(tape: Tape, entry: i32): i32 {
  const document = tape.document;
  const end = document.ptr + <usize>document.length;
  const start = tape.offset(entry) + 1;
  let at = start;
  let wrong = "";
  while (true) {
    const octet = document.at(at);
    if (octet == QUOTE) break;
    let size = 1;
    if (octet == BACKSLASH) {
      tape.mark(entry, Flag.Escaped);
      size = escapeSize(document, at);
      wrong = "expected a valid escape";
    } else if (octet >= 0x80) {
      size = sequenceSize(document.ptr + <usize>at, end);
      wrong = "expected UTF-8";
    } else if (octet < 0x20) {
      size = 0;
      wrong = octet < 0 ? 'expected "' : "expected no control character";
    }
    if (size <= 0) {
      tape.setExtent(entry, at - start);
      return tape.fail(entry, at, wrong);
    }
    at += size;
  }
  tape.setExtent(entry, at - start);
  return at + 1;
}

/** The octets that a string stands for: a view of the document if it can be, or new memory. */
export function textOf(tape: Tape, entry: i32): Bytes {
  const document = tape.document;
  const start = tape.offset(entry) + 1;
  const end = start + tape.extent(entry);
  if (!tape.has(entry, Flag.Escaped)) return document.slice(start, end);
  // No escape stands for more octets than it is written with.
  const text = new ArrayBuffer(end - start);
  let to = changetype<usize>(text);
  for (let at = start; at < end; ) {
    const octet = document.at(at);
    if (octet != BACKSLASH) {
      store<u8>(to++, octet);
      at++;
      continue;
    }
    const escape = document.at(at + 1);
    if (escape != LOWER_U) {
      store<u8>(to++, unescape(escape));
      at += 2;
      continue;
    }
    let point = hex4(document, at + 2);
    at += 6;
    if ((point & 0xf800) == 0xd800) {
      point = 0x10000 + ((point & 0x3ff) << 10) + (hex4(document, at + 2) & 0x3ff);
      at += 6;
    }
    to = encodePoint(to, point);
  }
  return Bytes.fromMemory(text, changetype<usize>(text), <i32>(to - changetype<usize>(text)));
}

/** Orders two strings, by size first. */
export function compareTexts(tape: Tape, a: i32, b: i32): i32 {
  if (tape.has(a, Flag.Escaped) || tape.has(b, Flag.Escaped)) {
    const x = textOf(tape, a);
    const y = textOf(tape, b);
    return x.length != y.length ? x.length - y.length : memory.compare(x.ptr, y.ptr, <usize>x.length);
  }
  const size = tape.extent(a);
  if (size != tape.extent(b)) return size - tape.extent(b);
  const text = tape.document.ptr + 1;
  return memory.compare(text + <usize>tape.offset(a), text + <usize>tape.offset(b), <usize>size);
}

/** Size of the escape at `at`, 0 for what is none. Half a surrogate pair stands for nothing, so it is none. */
function escapeSize(document: Bytes, at: i32): i32 {
  const escape = document.at(at + 1);
  if (escape != LOWER_U) return unescape(escape) != 0 ? 2 : 0;
  const unit = hex4(document, at + 2);
  if (unit < 0) return 0;
  if ((unit & 0xf800) != 0xd800) return 6;
  const isPair =
    unit < 0xdc00 &&
    document.at(at + 6) == BACKSLASH &&
    document.at(at + 7) == LOWER_U &&
    (hex4(document, at + 8) & ~0x3ff) == 0xdc00;
  return isPair ? 12 : 0;
}

/** What a backslash and `octet` stand for, or 0. */
function unescape(octet: i32): i32 {
  switch (octet) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return octet;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

/** The number that four hexadecimal digits write, or -1. */
function hex4(document: Bytes, at: i32): i32 {
  let unit = 0;
  for (const end = at + 4; at < end; at++) {
    const octet = document.at(at);
    const letter = (octet | 0x20) - 0x61;
    if (<u32>(octet - 0x30) < 10) unit = (unit << 4) + octet - 0x30;
    else if (<u32>letter < 6) unit = (unit << 4) + letter + 10;
    else return -1;
  }
  return unit;
}

/** Writes the UTF-8 form of a code point; returns where the next one goes. */
function encodePoint(to: usize, point: i32): usize {
  if (point < 0x80) {
    store<u8>(to, point);
    return to + 1;
  }
  const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  store<u8>(to, (0xf00 >> more) | (point >> (6 * more)));
  for (let i = more - 1; i >= 0; i--) store<u8>(++to, 0x80 | ((point >> (6 * i)) & 0x3f));
  return to + 1;
}
