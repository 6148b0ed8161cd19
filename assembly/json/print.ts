// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { ByteWriter } from "../text/writer";
import { JsonKind, kindOf } from "./kind";
import { numberSize } from "./scalar";
import { after, ENTRY, size, start, text } from "./tape";

/**
 * Writes a value as JSON without blanks. No deeper than a document is, so its recursion has a bound.
 *
 * @param view a view to use for each piece, whatever it shows
 */
export function writeValue(entry: usize, to: ByteWriter, view: Bytes): void {
  switch (kindOf(entry)) {
    case JsonKind.String:
      return writeString(entry, to, view);
    case JsonKind.Array:
    case JsonKind.Object:
      return writeContainer(entry, to, view);
    case JsonKind.Number:
      return writePiece(start(entry), numberSize(entry), to, view);
    default:
      // `false` is the word of five letters.
      return writePiece(start(entry), load<u8>(start(entry)) == 0x66 ? 5 : 4, to, view);
  }
}

function writeContainer(entry: usize, to: ByteWriter, view: Bytes): void {
  const opening = load<u8>(start(entry));
  const isObject = kindOf(entry) == JsonKind.Object;
  const end = after(entry);
  to.writeByte(opening);
  for (let at = entry + ENTRY; at < end; at = after(at)) {
    if (at != entry + ENTRY) to.writeByte(0x2c);
    if (isObject) {
      writeString(at, to, view);
      to.writeByte(0x3a);
      at += ENTRY;
    }
    writeValue(at, to, view);
  }
  to.writeByte(opening + 2);
}

/** Quotes, backslashes and control characters get their escapes, all else stays UTF-8. */
function writeString(entry: usize, to: ByteWriter, view: Bytes): void {
  let at = text(entry);
  const end = at + <usize>size(entry);
  to.writeByte(0x22);
  for (let from = at; ;) {
    const octet = at < end ? <u32>load<u8>(at) : 0;
    if (octet >= 0x20 && octet != 0x22 && octet != 0x5c) {
      at++;
      continue;
    }
    writePiece(from, <i32>(at - from), to, view);
    if (at == end) break;
    writeEscape(octet, to);
    from = ++at;
  }
  to.writeByte(0x22);
}

function writeEscape(octet: u32, to: ByteWriter): void {
  to.writeByte(0x5c);
  if (octet >= 0x20) {
    to.writeByte(<u8>octet);
    return;
  }
  const low = octet & 15;
  to.write("u00");
  to.writeByte(<u8>(0x30 + (octet >> 4)));
  to.writeByte(<u8>(low < 10 ? 0x30 + low : 0x57 + low));
}

function writePiece(ptr: usize, length: i32, to: ByteWriter, view: Bytes): void {
  if (length == 0) return;
  view._show(null, ptr, length);
  to.write(view);
}
