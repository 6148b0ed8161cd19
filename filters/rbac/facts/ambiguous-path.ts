// SPDX-License-Identifier: Apache-2.0
import { escapeAt } from "./path-normalizer";

/**
 * Whether servers may disagree on what a path names: it has slashes as `%2F`, `\` or `%5C`, segments that are `.` or `..`,
 * parameters behind a `;`, or a NUL, written out or escaped.
 *
 * @param length octets of the path, without its query
 */
export function isAmbiguous(ptr: usize, length: i32): bool {
  const end = ptr + <usize>length;
  /** Dots since the last slash, or -1 when there was something else. */
  let dots = -1;
  while (ptr < end) {
    let octet = <u32>load<u8>(ptr);
    let size: usize = 1;
    if (octet == 0x25 && end - ptr > 2) {
      const isZero = load<u16>(ptr, 1) == 0x3030;
      const code = escapeAt(ptr);
      if (isZero || code == 0x2f) return true;
      if (code != 0) {
        octet = code;
        size = 3;
      }
    }
    if (octet == 0x5c || octet == 0x3b || octet == 0) return true;
    if (octet == 0x2f) {
      if (dots == 1 || dots == 2) return true;
      dots = 0;
    } else if (octet == 0x2e && dots >= 0) dots++;
    else dots = -1;
    ptr += size;
  }
  return dots == 1 || dots == 2;
}
