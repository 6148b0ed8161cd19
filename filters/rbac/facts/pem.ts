// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, decodeBase64 } from "tremula/assembly";
import { escapeAt } from "./path-normalizer";

const PERCENT: u32 = 0x25;
const DASHES: string = "-----";

/** The octets of the first certificate in a URL-encoded PEM text, which is how Envoy shows certificates; empty for none. */
export function readPem(text: Bytes): Bytes {
  const begin = text.indexOf("BEGIN%20CERTIFICATE-----");
  const label = begin >= 0 ? begin : text.indexOf("BEGIN CERTIFICATE-----");
  if (label < 0) return Bytes.EMPTY;
  const start = text.indexOf(DASHES, label) + DASHES.length;
  const stop = text.indexOf(DASHES, start);
  const end = text.ptr + <usize>(stop < 0 ? text.length : stop);
  const letters = new ByteWriter(text.length);
  for (let at = text.ptr + <usize>start; at < end; at++) {
    let octet = <u32>load<u8>(at);
    if (octet == PERCENT && end - at > 2) {
      octet = escapeAt(at);
      at += 2;
    }
    letters.writeByte(<u8>octet);
  }
  const octets = decodeBase64(letters.view());
  return octets !== null ? octets : Bytes.EMPTY;
}
