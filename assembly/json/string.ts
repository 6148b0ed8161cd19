// SPDX-License-Identifier: Apache-2.0
import { sequenceSize } from "../text/utf8";
import { fail } from "./message";
import { isDigit } from "./number";
import { QUOTE, setSize } from "./tape";

const BACKSLASH: u32 = 0x5c;
const LOWER_U: u8 = 0x75;

// @ts-ignore: decorator
@lazy
const ESCAPE: usize = changetype<usize>("a valid escape");
const UTF8: usize = changetype<usize>("UTF-8");
// @ts-ignore: decorator
@lazy
const CLOSING_QUOTE: usize = changetype<usize>('"');
// @ts-ignore: decorator
@lazy
const NO_CONTROL: usize = changetype<usize>("no control character");

// The same octet eight times.
const ONES: u64 = 0x0101010101010101;
const HIGH: u64 = 0x8080808080808080;

/**
 * Checks the string whose opening quote is at `at`, and puts what it stands for in its place: that is never longer.
 * Returns where the document goes on, or 0.
 */
export function scanString(tape: usize, entry: usize, at: usize): usize {
  const start = ++at;
  // Most strings are nothing but plain octets, and stay where they are.
  at = plainEnd(at);
  let to = at;
  while (true) {
    const octet = <u32>load<u8>(at);
    if (octet == QUOTE) break;
    if (octet == BACKSLASH) {
      const point = readEscape(at);
      if (point < 0) return failWithin(tape, entry, to - start, at, ESCAPE);
      at += load<u8>(at, 1) != LOWER_U ? 2 : point < 0x10000 ? 6 : 12;
      to = encode(to, point);
    } else {
      let size = octet - 0x20 < 0x60 ? 1 : octet < 0x20 ? 0 : sequenceSize(at, usize.MAX_VALUE);
      if (size <= 0) {
        return failWithin(
          tape,
          entry,
          to - start,
          at,
          size < 0 ? UTF8 : octet == 0 ? CLOSING_QUOTE : NO_CONTROL,
        );
      }
      for (; size > 0; size--) store<u8>(to++, load<u8>(at++));
    }
  }
  setSize(entry, to - start);
  // A number in quotes ends here too, whatever was here before.
  store<u8>(to, QUOTE);
  return at + 1;
}

/**
 * Address of the first octet that is a quote, a backslash, a control character or not ASCII. Eight octets are looked at
 * together: what is searched for ends up with its highest bit set. An octet that borrows from those above it may set theirs
 * as well, but is below them, and the lowest one counts.
 */
function plainEnd(at: usize): usize {
  while (true) {
    const octets = load<u64>(at);
    const quotes = octets ^ (ONES * 0x22);
    const backslashes = octets ^ (ONES * 0x5c);
    const found = ((octets - ONES * 0x20) | (quotes - ONES) | (backslashes - ONES) | octets) & HIGH;
    if (found != 0) return at + <usize>(ctz(found) >> 3);
    at += 8;
  }
}

/** What has been read of a name so far shows in the path. */
function failWithin(tape: usize, entry: usize, size: usize, at: usize, what: usize): usize {
  setSize(entry, size);
  return fail(tape, entry, at, what);
}

/** The code point that the escape at `at` stands for, or -1. Half a surrogate pair stands for none. */
function readEscape(at: usize): i32 {
  const escape = load<u8>(at, 1);
  switch (escape) {
    case 0x22:
    case 0x2f:
    case 0x5c:
      return escape;
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
    case LOWER_U:
      break;
    default:
      return -1;
  }
  const unit = readHex(at + 2);
  if ((unit & 0xf800) != 0xd800) return unit;
  const low = load<u16>(at, 6) == 0x755c ? readHex(at + 8) : -1;
  return unit < 0xdc00 && (low & ~0x3ff) == 0xdc00 ? ((unit & 0x3ff) << 10) + low + 0x2400 : -1;
}

/** The number that four hexadecimal digits write, or -1. */
function readHex(at: usize): i32 {
  let unit = 0;
  for (const end = at + 4; at < end; at++) {
    const octet = <u32>load<u8>(at);
    const letter = (octet | 0x20) - 0x61;
    if (!isDigit(octet) && letter >= 6) return -1;
    unit = (unit << 4) + (isDigit(octet) ? octet - 0x30 : letter + 10);
  }
  return unit;
}

/** Writes a code point as UTF-8; returns where the next one goes. */
function encode(to: usize, point: i32): usize {
  let more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  store<u8>(to, more == 0 ? point : (0xff00 >> (more + 1)) | (point >> (6 * more)));
  while (more-- > 0) store<u8>(++to, 0x80 | ((point >> (6 * more)) & 0x3f));
  return to + 1;
}
