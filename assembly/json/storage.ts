// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { beginDocument, fail, failed, messageText } from "./message";
import { scan, top } from "./scanner";
import { HEAD, OBJECT } from "./tape";

/** No document is larger, whatever is asked for: the tape of the worst one is ten times as large as itself. */
const LARGEST: i32 = 1 << 24;
/** The path of an error is written by recursion. */
const DEEPEST: i32 = 256;
/** What the scanner may look at behind a document. */
const SPARE: i32 = 8;
/** Octets for each entry: its own, and the scanner's. */
const ROOM: i32 = 10;

// @ts-ignore: decorator
@lazy
const SHORTER: usize = changetype<usize>("a smaller document");

/** The memory of one document after the other: a copy of its text, and its tape. It grows, and never shrinks. */
@final
export class Storage {
  /** Address of the tape. */
  tape: usize;
  /** Address of the end of its entries. */
  end: usize;
  /** What keeps the strings of the document alive. */
  text: ArrayBuffer;
  private tapeBuffer: ArrayBuffer;
  /** Octets of text and entries of tape that there is memory for. */
  private length: i32;
  private room: i32;

  /** @param length octets of a document that may come without any more memory being asked for */
  constructor(length: i32) {
    const room = length > 0 ? length + 1 : 0;
    const tape = new ArrayBuffer(<i32>HEAD + room * ROOM);
    this.length = length;
    this.room = room;
    this.text = new ArrayBuffer(length + SPARE);
    this.tapeBuffer = tape;
    this.tape = changetype<usize>(tape);
    this.end = changetype<usize>(tape) + HEAD;
  }

  /** Takes a document in place of the last one; false when something is wrong with it. */
  read(source: Bytes, maxDepth: i32, maxBytes: i32, isLenient: bool): bool {
    const fits = source.length <= min(maxBytes, LARGEST);
    const length = fits ? source.length : 0;
    if (length > this.length) {
      this.length = max(length, this.length << 1);
      this.text = new ArrayBuffer(this.length + SPARE);
    }
    const at = changetype<usize>(this.text);
    const end = at + <usize>length;
    memory.copy(at, source.ptr, <usize>length);
    store<u64>(end, 0);
    this.reserve(at, end);
    const tape = this.tape;
    beginDocument(tape, at, isLenient);
    if (fits) scan(at, end, tape, min(maxDepth, DEEPEST));
    else fail(tape, tape + HEAD, at, SHORTER);
    const isRead = !failed(tape);
    this.end = isRead ? top : tape + HEAD;
    return isRead;
  }

  /** What is wrong, a view of the tape. */
  get error(): Bytes {
    return Bytes.fromMemory(this.tapeBuffer, messageText(this.tape), load<i32>(this.tape));
  }

  /** No document has more values and names than octets; only one that might be too large is looked at for more. */
  private reserve(at: usize, end: usize): void {
    if (<usize>this.room > end - at) return;
    const needed = roomFor(at, end);
    if (needed <= this.room) return;
    this.room = max(needed, this.room << 1);
    this.tapeBuffer = new ArrayBuffer(<i32>HEAD + this.room * ROOM);
    this.tape = changetype<usize>(this.tapeBuffer);
  }
}

function roomFor(at: usize, end: usize): i32 {
  // Every value and name but the first comes after one of these.
  let room = 1;
  for (; at < end; at++) {
    const octet = <u32>load<u8>(at);
    if (octet == 0x2c || octet == 0x3a || (octet | 0x20) == OBJECT) room++;
  }
  return room;
}
