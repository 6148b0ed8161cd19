// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

const PERCENT: i32 = 0x25;
const DASH: i32 = 0x2d;
const EQUALS: i32 = 0x3d;

/** The octets of the first certificate in a URL-encoded PEM text, which is how Envoy shows certificates; empty for none. */
export function readPem(text: Bytes): Bytes {
  const begin = text.indexOf("BEGIN%20CERTIFICATE-----");
  const start = begin >= 0 ? begin : text.indexOf("BEGIN CERTIFICATE-----");
  if (start < 0) return Bytes.EMPTY;
  let at = text.indexOf("-----", start) + 5;
  const octets = Bytes.allocate((text.length * 3) / 4 + 3);
  let size = 0;
  let bits: u32 = 0;
  let count = 0;
  for (; at < text.length; at++) {
    let octet = text.at(at);
    if (octet == PERCENT) {
      octet = (hexOf(text.at(at + 1)) << 4) | hexOf(text.at(at + 2));
      at += 2;
    }
    if (octet == DASH || octet == EQUALS) break;
    const digit = digitOf(<u32>octet);
    if (digit < 0) continue;
    bits = (bits << 6) | (<u32>digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const shift = <u32>count;
    store<u8>(octets.ptr + <usize>size, <u8>(bits >> shift));
    size++;
  }
  return octets.slice(0, size);
}

function hexOf(octet: i32): i32 {
  const letter = (octet | 0x20) - 0x61;
  if (<u32>letter < 6) return letter + 10;
  return <u32>(octet - 0x30) < 10 ? octet - 0x30 : 0;
}

/** The six bits that a character of base64 is, or -1. */
function digitOf(octet: u32): i32 {
  if (octet - 0x41 < 26) return <i32>(octet - 0x41);
  if (octet - 0x61 < 26) return <i32>(octet - 0x61 + 26);
  if (octet - 0x30 < 10) return <i32>(octet - 0x30 + 52);
  if (octet == 0x2b) return 62;
  return octet == 0x2f ? 63 : -1;
}
