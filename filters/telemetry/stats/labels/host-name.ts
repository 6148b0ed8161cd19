// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

const COLON: i32 = 0x3a;
const BRACKET: i32 = 0x5d;

/** A host without its port: `a:80` is `a`, and `[::1]:80` is `[::1]`. An IPv6 address without brackets stays whole. */
export function withoutPort(host: Bytes): Bytes {
  let colon = -1;
  for (let i = host.length - 1; i >= 0; i--) {
    const octet = host.at(i);
    if (octet == COLON) {
      colon = i;
      break;
    }
    if (octet < 0x30 || octet > 0x39) return host;
  }
  if (colon < 0) return host;
  const first = host.indexOfByte(COLON);
  return first == colon || host.at(colon - 1) == BRACKET ? host.slice(0, colon) : host;
}

/** Writes a host with the capitals of ASCII made small, and without the dot that ends an absolute name. */
export function writeLowerCase(text: ByteWriter, host: Bytes): void {
  const length = host.length > 1 && host.at(host.length - 1) == 0x2e ? host.length - 1 : host.length;
  for (let i = 0; i < length; i++) {
    const octet = <u32>host.at(i);
    text.writeByte(<u8>(octet - 0x41 < 26 ? octet | 0x20 : octet));
  }
}
