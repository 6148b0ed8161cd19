// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";

/** The value of each octet in the URL-safe alphabet (RFC 4648 section 5), 255 for what is not in it. */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const VALUES: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 62, 255, 255,
  52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255, 255, 255, 255, 255, 255,
  255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 255, 255, 255, 255, 63,
  255, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
  41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
]);

/** A to Z, a to z, 0 to 9, plus and slash (RFC 4648 section 4). */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const STANDARD: usize = memory.data<u8>([
  0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50,
  0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
  0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
  0x77, 0x78, 0x79, 0x7a, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x2b, 0x2f,
]);

/** The same with minus and underscore at the end. */
// prettier-ignore
// @ts-ignore: decorator
@lazy
const URL_SAFE: usize = memory.data<u8>([
  0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50,
  0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
  0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
  0x77, 0x78, 0x79, 0x7a, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x2d, 0x5f,
]);

const INVALID: u32 = 255;
const PAD: u8 = 0x3d;
const DOT: u8 = 0x2e;
const PLUS: u8 = 0x2b;
const MINUS: u8 = 0x2d;
const SLASH: u8 = 0x2f;
const UNDERSCORE: u8 = 0x5f;

/** The most octets that `length` letters can stand for. */
export function maxDecodedLength(length: i32): i32 {
  return <i32>((<i64>length * 3) >> 2);
}

/**
 * What base64url text (RFC 4648 section 5) stands for, in new memory; null when it is malformed.
 *
 * Strict, as RFC 7515 section 2 has it: no padding, no white space, and the bits of the last letter that stand for nothing
 * are zero, so that no two texts stand for the same octets.
 *
 * @param lax as Envoy's own JWT filter reads it, by Abseil's `WebSafeBase64Unescape`: white space anywhere, `=` or `.` as
 *   padding, all of it or none, and any bits at the end
 */
export function decodeBase64Url(source: Bytes, lax: bool = false): Bytes | null {
  const decoded = Bytes.uninitialized(maxDecodedLength(source.length));
  const length = decodeBase64UrlTo(decoded.ptr, source, lax);
  return length < 0 ? null : length == decoded.length ? decoded : decoded.slice(0, length);
}

/**
 * The same into memory of the caller's: `maxDecodedLength(source.length)` octets at `out`, which may be where the source
 * is. Returns how many octets were written, or -1 when the text is malformed; what is at `out` then means nothing.
 */
export function decodeBase64UrlTo(out: usize, source: Bytes, lax: bool = false): i32 {
  const end = source.ptr + <usize>source.length;
  const start = out;
  let ptr = source.ptr;
  for (; end - ptr >= 4; ptr += 4) {
    const a = valueOf(load<u8>(ptr, 0));
    const b = valueOf(load<u8>(ptr, 1));
    const c = valueOf(load<u8>(ptr, 2));
    const d = valueOf(load<u8>(ptr, 3));
    if ((a | b | c | d) == INVALID) break;
    store<u8>(out, <u8>((a << 2) | (b >> 4)), 0);
    store<u8>(out, <u8>((b << 4) | (c >> 2)), 1);
    store<u8>(out, <u8>((c << 6) | d), 2);
    out += 3;
  }

  // The rest by the letter: the last one to three, and where there is something else among them.
  let letters = 0;
  let bits: u32 = 0;
  for (; ptr < end; ptr++) {
    const octet = load<u8>(ptr);
    const value = valueOf(octet);
    if (value == INVALID) {
      if (lax && isSpace(octet)) continue;
      break;
    }
    bits = (bits << 6) | value;
    letters++;
    if (letters & 3) continue;
    store<u8>(out, <u8>(bits >> 16), 0);
    store<u8>(out, <u8>(bits >> 8), 1);
    store<u8>(out, <u8>bits, 2);
    out += 3;
  }
  const rest = letters & 3;
  if (rest == 1) return -1;
  if (ptr < end && !(lax && isPadding(ptr, end, (4 - rest) & 3))) return -1;
  if (rest == 2) {
    if (!lax && (bits & 0x0f) != 0) return -1;
    store<u8>(out, <u8>(bits >> 4), 0);
    out += 1;
  } else if (rest == 3) {
    if (!lax && (bits & 0x03) != 0) return -1;
    store<u8>(out, <u8>(bits >> 10), 0);
    store<u8>(out, <u8>(bits >> 2), 1);
    out += 2;
  }
  return <i32>(out - start);
}

/**
 * What base64 text of either alphabet stands for, in new memory; null when it is malformed. As lax as `decodeBase64Url` can be:
 * for what PEM and proto3 JSON have.
 */
export function decodeBase64(source: Bytes): Bytes | null {
  const letters = source.copy();
  for (let at = letters.ptr, end = letters.ptr + <usize>letters.length; at < end; at++) {
    const letter = load<u8>(at);
    if (letter == PLUS) store<u8>(at, MINUS);
    else if (letter == SLASH) store<u8>(at, UNDERSCORE);
  }
  return decodeBase64Url(letters, true);
}

/** The base64url text (RFC 4648 section 5) of octets, without padding, in new memory. */
export function encodeBase64Url(source: Bytes): Bytes {
  const length = source.length;
  const rest = length % 3;
  return encode(source, URL_SAFE, (length / 3) * 4 + (rest == 0 ? 0 : rest + 1));
}

/** The base64 text (RFC 4648 section 4) of octets, with padding, in new memory. */
export function encodeBase64(source: Bytes): Bytes {
  return encode(source, STANDARD, ((source.length + 2) / 3) * 4);
}

/** @param length of the text: what the octets do not fill is padding */
function encode(source: Bytes, alphabet: usize, length: i32): Bytes {
  const text = Bytes.uninitialized(length);
  const textEnd = text.ptr + <usize>length;
  let out = text.ptr;
  let ptr = source.ptr;
  let left = source.length;
  for (; left >= 3; left -= 3) {
    const bits = ((<u32>load<u8>(ptr, 0)) << 16) | ((<u32>load<u8>(ptr, 1)) << 8) | (<u32>load<u8>(ptr, 2));
    store<u8>(out, load<u8>(alphabet + <usize>(bits >> 18)), 0);
    store<u8>(out, load<u8>(alphabet + <usize>((bits >> 12) & 63)), 1);
    store<u8>(out, load<u8>(alphabet + <usize>((bits >> 6) & 63)), 2);
    store<u8>(out, load<u8>(alphabet + <usize>(bits & 63)), 3);
    ptr += 3;
    out += 4;
  }
  if (left > 0) {
    const first = <u32>load<u8>(ptr);
    const second = left > 1 ? <u32>load<u8>(ptr, 1) : 0;
    store<u8>(out, load<u8>(alphabet + <usize>(first >> 2)), 0);
    store<u8>(out, load<u8>(alphabet + <usize>(((first << 4) | (second >> 4)) & 63)), 1);
    out += 2;
    if (left > 1) {
      store<u8>(out, load<u8>(alphabet + <usize>((second << 2) & 63)));
      out++;
    }
  }
  for (; out < textEnd; out++) store<u8>(out, PAD);
  return text;
}

// @ts-ignore: decorator
@inline
function valueOf(octet: u8): u32 {
  return <u32>load<u8>(VALUES + <usize>octet);
}

/** Whether nothing is left but white space and no padding, or `count` octets of it. */
function isPadding(ptr: usize, end: usize, count: i32): bool {
  let found = 0;
  for (; ptr < end; ptr++) {
    const octet = load<u8>(ptr);
    if (octet == PAD || octet == DOT) found++;
    else if (!isSpace(octet)) return false;
  }
  return found == 0 || found == count;
}

/** White space as C's `isspace` has it in ASCII: a space, or tab to carriage return. */
function isSpace(octet: u8): bool {
  return octet == 0x20 || octet - 0x09 < 5;
}
