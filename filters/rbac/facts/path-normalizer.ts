// SPDX-License-Identifier: Apache-2.0
import { PathNormalization } from "../config/options";

const SLASH: u32 = 0x2f;
const BACKSLASH: u32 = 0x5c;
const PERCENT: u32 = 0x25;
const DOT: u32 = 0x2e;

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
    for (; ptr < end; ptr++) {
      let octet = <u32>load<u8>(ptr);
      if (octet == PERCENT && end - ptr > 2) {
        const code = escapeAt(ptr);
        const isSlash = code == SLASH || code == BACKSLASH;
        if (isSlash ? decodesSlashes : isUnreserved(code)) {
          octet = code;
          ptr += 2;
        }
      }
      if (isEscaped(octet)) to = putEscape(to, octet);
      else {
        store<u8>(to, <u8>(octet == BACKSLASH ? SLASH : octet));
        to++;
      }
    }
    this.size = <i32>(removeDots(start, to) - start);
    if (this.kind >= PathNormalization.MergeSlashes) this.size = mergeSlashes(start, this.size);
  }
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
  return <i32>(to - start);
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
