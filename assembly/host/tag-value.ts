// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { sequenceSize } from "../text/utf8";
import { ByteWriter } from "../text/writer";

/** Octets of a value that are kept; what peers send may be as long as they like. */
const MAX_OCTETS: i32 = 1024;
const SEMICOLON: u8 = 0x3b;
const UNDERSCORE: u8 = 0x5f;

/**
 * Writes a value so that it stays one value. `;.;` ends it for Envoy's rules, so semicolons become underscores; so do control
 * characters and what is not UTF-8, with which nothing that Envoy exposes to Prometheus could be read any more.
 */
export function writeTagValue(line: ByteWriter, value: Bytes): void {
  let ptr = value.ptr;
  const end = ptr + <usize>min(value.length, MAX_OCTETS);
  while (ptr < end) {
    const octet = load<u8>(ptr);
    if (octet < 0x80) {
      line.writeByte(octet < 0x20 || octet == 0x7f || octet == SEMICOLON ? UNDERSCORE : octet);
      ptr++;
      continue;
    }
    const size = sequenceSize(ptr, end);
    if (size > 0) line.write(Bytes.fromMemory(null, ptr, size));
    else line.writeByte(UNDERSCORE);
    ptr += <usize>abs(size);
  }
}
