// SPDX-License-Identifier: Apache-2.0
import { decodeBase64 } from "../text/base64";
import { Bytes } from "../text/bytes";
import { fail } from "./message";
import { kind, NONE, QUOTE, size, start, text } from "./tape";

const BASE64: usize = changetype<usize>("base64");
const BLANK: u32 = 0x20;
const DOT: u32 = 0x2e;

/** What a proto3 JSON `bytes` field says: base64 of either alphabet, with or without padding, in new memory. */
export function bytesAt(tape: usize, entry: usize): Bytes {
  if (entry == NONE) return Bytes.EMPTY;
  const decoded = kind(entry) == QUOTE ? decode(text(entry), size(entry)) : null;
  if (decoded !== null) return decoded;
  fail(tape, entry, start(entry), BASE64);
  return Bytes.EMPTY;
}

/** Without the white space and the dots that other readers let pass. */
function decode(ptr: usize, length: i32): Bytes | null {
  for (let i: usize = 0; i < <usize>length; i++) {
    const octet = <u32>load<u8>(ptr + i);
    if (octet <= BLANK || octet == DOT) return null;
  }
  return decodeBase64(Bytes.fromMemory(null, ptr, length));
}
