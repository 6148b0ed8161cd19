// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { fail } from "./message";
import { kind, NONE, QUOTE, size, start, text } from "./tape";

const BASE64: usize = changetype<usize>("base64");
const PAD: u32 = 0x3d;

/** What a proto3 JSON `bytes` field says: base64 of either alphabet, with or without padding, in new memory. */
export function bytesAt(tape: usize, entry: usize): Bytes {
  if (entry == NONE) return Bytes.EMPTY;
  const decoded = kind(entry) == QUOTE ? decode(text(entry), text(entry) + <usize>size(entry)) : null;
  if (decoded !== null) return decoded;
  fail(tape, entry, start(entry), BASE64);
  return Bytes.EMPTY;
}

function decode(at: usize, end: usize): Bytes | null {
  const whole = end - at;
  let padding: usize = 0;
  while (padding < 2 && end > at && load<u8>(end - 1) == PAD) {
    padding++;
    end--;
  }
  const length = end - at;
  if ((padding > 0 && (whole & 3) != 0) || (length & 3) == 1) return null;
  const decoded = Bytes.uninitialized(<i32>((length * 3) >> 2));
  let to = decoded.ptr;
  let bits: u32 = 0;
  let count = 0;
  for (; at < end; at++) {
    const value = sextet(load<u8>(at));
    if (value < 0) return null;
    bits = (bits << 6) | (<u32>value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      store<u8>(to++, bits >> count);
    }
  }
  return decoded;
}

function sextet(octet: u32): i32 {
  if (octet - 0x41 < 26) return octet - 0x41;
  if (octet - 0x61 < 26) return octet - 0x61 + 26;
  if (octet - 0x30 < 10) return octet - 0x30 + 52;
  return octet == 0x2b || octet == 0x2d ? 62 : octet == 0x2f || octet == 0x5f ? 63 : -1;
}
