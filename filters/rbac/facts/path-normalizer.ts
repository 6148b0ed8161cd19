// SPDX-License-Identifier: Apache-2.0
import { PathNormalization } from "../config/options";

const SLASH: u32 = 0x2f;
const BACKSLASH: u32 = 0x5c;
const PERCENT: u32 = 0x25;
const DOT: u32 = 0x2e;
const SEMICOLON: u32 = 0x3b;

/**
 * Rewrites paths for decisions, into memory that it uses again. As Envoy's connection manager does with `normalize_path`,
 * `merge_slashes` and `path_with_escaped_slashes_action: UNESCAPE_AND_FORWARD` (source/common/http/path_utility.cc).
 */
@final
export class PathNormalizer {
  private buffer: StaticArray<u8> = new StaticArray<u8>(256);
  private size: i32 = 0;

  constructor(private readonly kind: PathNormalization) {}

  /** Address of the last path. */
  get ptr(): usize {
    return changetype<usize>(this.buffer);
  }

  /** Size of the last path. */
  get length(): i32 {
    return this.size;
  }

  /** Takes a path without its query. */
  normalize(ptr: usize, length: i32): void {
    // An octet becomes three at most, and nothing becomes a slash.
    const most = length * 3 + 1;
    if (this.buffer.length < most) this.buffer = new StaticArray<u8>(most);
    const decodesSlashes = this.kind == PathNormalization.DecodeAndMergeSlashes;
    const end = ptr + <usize>length;
    let to = changetype<usize>(this.buffer);
    const start = to;
    /** The last percent sign that begins no escape; 0 for none. */
    let percent: usize = 0;
    let isSegment = false;
    for (; ptr < end; ptr++) {
      const dots = isSegment ? dotsBeforeParameters(ptr, end) : 0;
      if (dots > 0) {
        memory.copy(to, ptr, dots);
        to += dots;
        while (ptr < end && !isSlashAt(ptr, end, decodesSlashes)) ptr++;
        if (ptr >= end) break;
      }
      let octet = <u32>load<u8>(ptr);
      if (octet == PERCENT && !isEscape(ptr, end)) percent = to;
      else if (octet == PERCENT) {
        const code = escapeAt(ptr);
        const isSlash = code == SLASH || code == BACKSLASH;
        if (isSlash ? decodesSlashes : isUnreserved(code)) {
          octet = code;
          ptr += 2;
          if (percent != 0 && !isSlash) to = keepPercent(percent, to, octet, ptr, end);
        }
      }
      if (isEscaped(octet)) to = putEscape(to, octet);
      else {
        store<u8>(to, <u8>(octet == BACKSLASH ? SLASH : octet));
        to++;
      }
      isSegment = octet == SLASH;
    }
    this.size = <i32>(removeDots(start, to) - start);
    if (this.kind >= PathNormalization.MergeSlashes) this.size = mergeSlashes(start, this.size);
  }
}

/**
 * What is decoded behind a percent sign must not make an escape of it, as the `f` in `%2%66` would: the percent sign then becomes
 * `%25` (googleurl, CheckForNestedEscapes; measured on 1.40.0).
 *
 * @param to where `octet` will be
 * @param last of the escape that `octet` was
 * @returns where `octet` will be now
 */
function keepPercent(percent: usize, to: usize, octet: u32, last: usize, end: usize): usize {
  const between = to - percent - 1;
  const isPair = between == 1 && hexOf(load<u8>(percent, 1)) >= 0 && hexOf(octet) >= 0;
  const isHalf = between == 0 && hexOf(octet) >= 0 && last + 1 < end && hexOf(<u32>load<u8>(last, 1)) >= 0;
  if (!isPair && !isHalf) return to;
  if (isPair) store<u8>(percent, load<u8>(percent, 1), 3);
  store<u8>(percent, 0x32, 1);
  store<u8>(percent, 0x35, 2);
  return to + 2;
}

/**
 * Dots of a segment that is `.` or `..` with parameters behind it, else 0. Envoy 1.40 takes these off, for servers that do so
 * would see a dot segment: as the path came, that is, with dots and slashes written out (measured).
 */
function dotsBeforeParameters(ptr: usize, end: usize): usize {
  let dots: usize = 0;
  while (dots < 2 && ptr + dots < end && load<u8>(ptr + dots) == <u8>DOT) dots++;
  return dots > 0 && ptr + dots < end && load<u8>(ptr + dots) == <u8>SEMICOLON ? dots : 0;
}

/** Resolves dot segments in place (RFC 3986 section 5.2.4); returns the new end. */
function removeDots(start: usize, end: usize): usize {
  let to = start;
  let at = start;
  while (at < end) {
    // A segment with the slash in front of it.
    let stop = at + 1;
    while (stop < end && load<u8>(stop) != <u8>SLASH) stop++;
    const isSegment = load<u8>(at) == <u8>SLASH;
    const size = stop - at - 1;
    const isLast = stop == end;
    if (isSegment && size == 1 && load<u8>(at, 1) == <u8>DOT) {
      if (isLast) to = putSlash(to);
    } else if (isSegment && size == 2 && load<u8>(at, 1) == <u8>DOT && load<u8>(at, 2) == <u8>DOT) {
      while (to > start) {
        to--;
        if (load<u8>(to) == <u8>SLASH) break;
      }
      if (isLast) to = putSlash(to);
    } else {
      memory.copy(to, at, stop - at);
      to += stop - at;
    }
    at = stop;
  }
  return to == start && end > start ? putSlash(to) : to;
}

function putSlash(to: usize): usize {
  store<u8>(to, <u8>SLASH);
  return to + 1;
}

function mergeSlashes(start: usize, size: i32): i32 {
  let to = start;
  for (let at = start; at < start + <usize>size; at++) {
    const octet = load<u8>(at);
    if (octet == <u8>SLASH && to > start && load<u8>(to - 1) == <u8>SLASH) continue;
    store<u8>(to, octet);
    to++;
  }
  // Envoy keeps the first and the last slash, so that of slashes alone there are two.
  const isRoot = to == start + 1 && size > 1;
  return isRoot ? 2 : <i32>(to - start);
}

function isSlashAt(ptr: usize, end: usize, escaped: bool): bool {
  const octet = <u32>load<u8>(ptr);
  return octet == SLASH || (escaped && octet == PERCENT && isEscape(ptr, end) && escapeAt(ptr) == SLASH);
}

function isEscape(ptr: usize, end: usize): bool {
  return end - ptr > 2 && hexOf(load<u8>(ptr, 1)) >= 0 && hexOf(load<u8>(ptr, 2)) >= 0;
}

/** The octet that `%XX` stands for; 0 for what is no escape. */
export function escapeAt(ptr: usize): u32 {
  const high = hexOf(load<u8>(ptr, 1));
  const low = hexOf(load<u8>(ptr, 2));
  return high < 0 || low < 0 ? 0 : <u32>((high << 4) | low);
}

function hexOf(octet: u32): i32 {
  if (octet - 0x30 < 10) return <i32>(octet - 0x30);
  const letter = (octet | 0x20) - 0x61;
  return letter < 6 ? <i32>(letter + 10) : -1;
}

/** What Envoy escapes where it is not: blanks, control characters, what is not ASCII, and ``"<>^`{|}``. */
function isEscaped(octet: u32): bool {
  if (octet <= 0x20 || octet >= 0x7b) return octet != 0x7e;
  return octet == 0x22 || octet == 0x3c || octet == 0x3e || octet == 0x5e || octet == 0x60;
}

function putEscape(to: usize, octet: u32): usize {
  store<u8>(to, <u8>PERCENT);
  store<u8>(to, digitOf(octet >> 4), 1);
  store<u8>(to, digitOf(octet & 15), 2);
  return to + 3;
}

function digitOf(number: u32): u8 {
  return <u8>(number < 10 ? number + 0x30 : number + 0x37);
}

/** Letters, digits and `-._~` (RFC 3986 section 2.3). */
function isUnreserved(octet: u32): bool {
  const letter = (octet | 0x20) - 0x61;
  return letter < 26 || octet - 0x30 < 10 || octet == 0x2d || octet == DOT || octet == 0x5f || octet == 0x7e;
}
