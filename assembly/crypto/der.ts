// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { ByteWriter } from "../text/writer";

// The distinguished encoding of ASN.1 (ITU-T X.690), as far as keys and signatures need it: for hosts, which take
// signatures and keys in this form. Nothing here reads any.

/** Universal tags. */
export const INTEGER: u8 = 0x02;
export const BIT_STRING: u8 = 0x03;
export const SEQUENCE: u8 = 0x30;

/** Octets of r and s for P-521, the longest. */
const MAX_SIGNATURE_LENGTH: i32 = 2 * 66;

const signatures = new ByteWriter(160);

/**
 * An ECDSA signature as the host wants it (Ecdsa-Sig-Value of RFC 3279 section 2.2.3), from r and s of the same length
 * (RFC 7518 section 3.4). Null for an odd number of octets, none, or more than 132. The view is good until the next call,
 * and the call allocates nothing.
 */
export function ecdsaDer(signature: Bytes): Bytes | null {
  const length = signature.length;
  if (length == 0 || (length & 1) != 0 || length > MAX_SIGNATURE_LENGTH) return null;
  const half = length >> 1;
  const r = signature.ptr;
  const s = r + <usize>half;
  const contents = integerSize(r, half) + integerSize(s, half);
  signatures.clear();
  let at = signatures._reserve(elementSize(contents));
  at = writeHeader(at, SEQUENCE, contents);
  at = writeInteger(at, r, half);
  at = writeInteger(at, s, half);
  signatures._endAt(at);
  return signatures.view();
}

/** Octets of an element whose contents are so many. */
export function elementSize(contents: i32): i32 {
  return 2 + extraLengthOctets(contents) + contents;
}

/** Octets of the INTEGER that `length` octets, the most significant first, are as an unsigned number. */
export function integerSize(octets: usize, length: i32): i32 {
  return elementSize(integerContents(octets, length));
}

/** Writes a tag and a length; returns where the contents go. */
export function writeHeader(at: usize, tag: u8, contents: i32): usize {
  store<u8>(at, tag);
  const extra = extraLengthOctets(contents);
  if (extra == 0) store<u8>(at, <u8>contents, 1);
  else store<u8>(at, <u8>(0x80 | extra), 1);
  at += 2;
  for (let i = extra - 1; i >= 0; i--) {
    const shift = i << 3;
    store<u8>(at, <u8>(contents >> shift));
    at++;
  }
  return at;
}

/** Writes an unsigned number as an INTEGER, without needless zeros; returns its end. */
export function writeInteger(at: usize, octets: usize, length: i32): usize {
  const contents = integerContents(octets, length);
  at = writeHeader(at, INTEGER, contents);
  if (contents > length) {
    store<u8>(at, 0);
    memory.copy(at + 1, octets, <usize>length);
  } else {
    memory.copy(at, octets + <usize>(length - contents), <usize>contents);
  }
  return at + <usize>contents;
}

/** The significant octets, and a zero before them where the first would read as a sign. */
function integerContents(octets: usize, length: i32): i32 {
  while (length > 0 && load<u8>(octets) == 0) {
    octets++;
    length--;
  }
  return length == 0 || load<u8>(octets) >= 0x80 ? length + 1 : length;
}

/** Octets of a length behind its first. */
function extraLengthOctets(length: i32): i32 {
  return length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : length < 0x100_0000 ? 3 : 4;
}
