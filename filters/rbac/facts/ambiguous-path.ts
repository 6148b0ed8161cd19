// SPDX-License-Identifier: Apache-2.0
import { escapeAt } from "./path-normalizer";

const PERCENT: u32 = 0x25;
const DOT: u32 = 0x2e;
const SLASH: u32 = 0x2f;
const SEMICOLON: u32 = 0x3b;
const BACKSLASH: u32 = 0x5c;
/** `00` and `25`, as two octets are loaded. */
const ZEROS: u16 = 0x3030;
const PERCENT_DIGITS: u16 = 0x3532;

/**
 * Whether servers may disagree on what a path names: it has slashes as `%2F`, `\` or `%5C`, segments that are `.` or `..`,
 * parameters behind a `;`, a NUL, written out or escaped, one of these escaped twice or more (`%252F`), or characters in more octets
 * than UTF-8 has for them (`%C0%AF`).
 *
 * @param length octets of the path, without its query
 */
export function isAmbiguous(ptr: usize, length: i32): bool {
  const end = ptr + <usize>length;
  /** Dots since the last slash, or -1 when there was something else. */
  let dots = -1;
  let last: u32 = 0;
  while (ptr < end) {
    let octet = <u32>load<u8>(ptr);
    let size: usize = 1;
    if (octet == PERCENT && end - ptr > 2) {
      const isZero = load<u16>(ptr, 1) == ZEROS;
      const code = escapeAt(ptr);
      if (isZero || code == SLASH || (code == PERCENT && isEscapedAgain(ptr + 3, end))) return true;
      if (code != 0) {
        octet = code;
        size = 3;
      }
    }
    if (octet == BACKSLASH || octet == SEMICOLON || octet == 0 || isOverlong(last, octet)) return true;
    if (octet == SLASH) {
      if (dots == 1 || dots == 2) return true;
      dots = 0;
    } else if (octet == DOT && dots >= 0) dots++;
    else dots = -1;
    last = octet;
    ptr += size;
  }
  return dots == 1 || dots == 2;
}

/** Whether the percent sign in front of `ptr`, which was an escape, begins another one, of what is ambiguous. */
function isEscapedAgain(ptr: usize, end: usize): bool {
  while (end - ptr > 3 && load<u16>(ptr) == PERCENT_DIGITS) ptr += 2;
  if (end - ptr < 2) return false;
  if (load<u16>(ptr) == ZEROS) return true;
  const code = escapeAt(ptr - 1);
  return code == DOT || code == SLASH || code == BACKSLASH || code == SEMICOLON;
}

/** Whether two octets begin a character that fits in fewer (RFC 3629 section 3). */
function isOverlong(last: u32, octet: u32): bool {
  if (octet == 0xc0 || octet == 0xc1) return true;
  return (last == 0xe0 && octet >= 0x80 && octet < 0xa0) || (last == 0xf0 && octet >= 0x80 && octet < 0x90);
}
