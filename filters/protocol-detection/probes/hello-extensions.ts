// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

/** RFC 1035 section 2.3.4, and what a label should be at most. */
const MOST_NAME: i32 = 255;
const HOST_NAME: i32 = 0;

/**
 * The host name of a server name extension (RFC 6066 section 3), in lower case. Null for one with other octets than names
 * have, as it ends up in logs and decides routes.
 */
export function readServerName(extension: Bytes): Bytes | null {
  const length = extension.readBE<u16>(3);
  if (extension.length < 6 || extension.at(2) != HOST_NAME) return null;
  if (<i32>extension.readBE<u16>() != extension.length - 2) return null;
  if (length == 0 || <i32>length > min(MOST_NAME, extension.length - 5)) return null;
  const name = Bytes.uninitialized(length);
  for (let i = 0; i < <i32>length; i++) {
    const octet = <u32>extension.at(5 + i);
    const isLetter = (octet | 0x20) - 0x61 < 26;
    const isOther = octet - 0x30 < 10 || octet == 0x2d || octet == 0x2e || octet == 0x5f;
    if (!isLetter && !isOther) return null;
    store<u8>(name.ptr + <usize>i, isLetter ? octet | 0x20 : octet);
  }
  return name;
}

/**
 * The names of an ALPN extension (RFC 7301 section 3.1) with commas between them. Those that no text
 * can show are left out, such as the ones of RFC 8701 that mean nothing. Null when nothing is left.
 */
export function readAlpn(extension: Bytes): Bytes | null {
  if (<i32>extension.readBE<u16>() != extension.length - 2) return null;
  const names = new ByteWriter();
  let at = 2;
  while (at < extension.length) {
    const length = extension.at(at);
    const name = extension.slice(at + 1, at + 1 + length);
    if (length == 0 || name.length != length) return null;
    at += 1 + length;
    if (!isPlain(name)) continue;
    if (names.length > 0) names.writeByte(0x2c);
    names.write(name);
  }
  return names.length > 0 ? names.view().copy() : null;
}

function isPlain(name: Bytes): bool {
  for (let i = 0; i < name.length; i++) {
    const octet = <u32>name.at(i);
    if (octet - 0x21 >= 0x5e || octet == 0x2c) return false;
  }
  return true;
}
