// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

const HEX: string = "0123456789abcdef";

/** Writes a string literal of CEL. */
export function writeString(to: ByteWriter, text: Bytes): void {
  to.write('"');
  for (let i = 0; i < text.length; i++) {
    const octet = <u32>text.at(i);
    if (octet == 0x22 || octet == 0x5c) to.writeByte(0x5c).writeByte(<u8>octet);
    else if (octet < 0x20 || octet == 0x7f) writeEscape(to, octet);
    else to.writeByte(<u8>octet);
  }
  to.write('"');
}

/** Writes a literal of octets. */
export function writeBytes(to: ByteWriter, octets: Bytes): void {
  to.write('b"');
  for (let i = 0; i < octets.length; i++) writeEscape(to, <u32>octets.at(i));
  to.write('"');
}

function writeEscape(to: ByteWriter, octet: u32): void {
  to.write("\\x")
    .writeByte(<u8>HEX.charCodeAt(octet >> 4))
    .writeByte(<u8>HEX.charCodeAt(octet & 15));
}
