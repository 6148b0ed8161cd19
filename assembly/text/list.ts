// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "./bytes";
import { sameIgnoringCase } from "./octets";

const COMMA: u8 = 0x2c;
const SEMICOLON: u8 = 0x3b;
const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/**
 * Steps through a list as header values have them (RFC 9110 section 5.6.1), `gzip, deflate;q=0.5`:
 *
 *     for (const codings = value.list(); codings.next();) if (codings.is("gzip")) …
 *
 * Items come without the blanks around them and empty ones not at all. A comma inside a quoted string is part of it; a
 * quoted string that nothing ends goes on to the end of the list.
 */
@final
export class ListReader {
  private at: usize;
  private readonly end: usize;
  private itemStart: usize = 0;
  private itemEnd: usize = 0;

  constructor(private readonly list: Bytes) {
    this.at = list.ptr;
    this.end = list.ptr + <usize>list.length;
  }

  /** Goes to the next item. @returns false when there is none */
  next(): bool {
    while (this.at < this.end) {
      const end = endOfPart(this.at, this.end, COMMA);
      this.itemStart = skipBlanks(this.at, end);
      this.itemEnd = dropBlanks(this.itemStart, end);
      this.at = end + 1;
      if (this.itemStart < this.itemEnd) return true;
    }
    this.itemStart = this.itemEnd;
    return false;
  }

  /** The whole item, with its parameters; empty before the first `next`. */
  get item(): Bytes {
    return this.view(this.itemStart, this.itemEnd);
  }

  /** The item up to its first semicolon. */
  get name(): Bytes {
    return this.view(this.itemStart, this.nameEnd);
  }

  /** What stands behind the item's first semicolon, such as `q=0.5`; empty when it has none. */
  get parameters(): Bytes {
    const end = this.itemEnd;
    const semicolon = endOfPart(this.itemStart, end, SEMICOLON);
    return semicolon < end ? this.view(skipBlanks(semicolon + 1, end), end) : Bytes.EMPTY;
  }

  /** Whether this is the item's name, ASCII letters of either case taken as the same. Allocates nothing. */
  is<T>(name: T): bool {
    const that = Bytes.of<T>(name);
    const size = <usize>that.length;
    return this.nameEnd - this.itemStart == size && sameIgnoringCase(this.itemStart, that.ptr, size);
  }

  private get nameEnd(): usize {
    return dropBlanks(this.itemStart, endOfPart(this.itemStart, this.itemEnd, SEMICOLON));
  }

  private view(start: usize, end: usize): Bytes {
    if (start == end) return Bytes.EMPTY;
    const offset = <i32>(start - this.list.ptr);
    return this.list.slice(offset, offset + <i32>(end - start));
  }
}

/** Whether an item of the list is, as a whole, these octets, ASCII letters of either case taken as the same. */
export function hasItem(list: Bytes, item: Bytes): bool {
  const size = <usize>item.length;
  if (size == 0) return false;
  const end = list.ptr + <usize>list.length;
  for (let at = list.ptr; at < end;) {
    const itemEnd = endOfPart(at, end, COMMA);
    const start = skipBlanks(at, itemEnd);
    if (dropBlanks(start, itemEnd) - start == size && sameIgnoringCase(start, item.ptr, size)) return true;
    at = itemEnd + 1;
  }
  return false;
}

/** The first blank-free place at or after `ptr`, `end` at the most (RFC 9110 section 5.6.3, OWS). */
export function skipBlanks(ptr: usize, end: usize): usize {
  while (ptr < end && isBlank(load<u8>(ptr))) ptr++;
  return ptr;
}

/** Where the octets from `ptr` up to `end` end without the blanks behind them. */
export function dropBlanks(ptr: usize, end: usize): usize {
  while (end > ptr && isBlank(load<u8>(end - 1))) end--;
  return end;
}

/** Where the next separator stands that no quoted string has in it, or `end`. */
function endOfPart(ptr: usize, end: usize, separator: u8): usize {
  let isQuoted = false;
  for (; ptr < end; ptr++) {
    const octet = load<u8>(ptr);
    if (octet == QUOTE) isQuoted = !isQuoted;
    else if (isQuoted && octet == BACKSLASH) ptr++;
    else if (octet == separator && !isQuoted) return ptr;
  }
  return end;
}


@inline
function isBlank(octet: u8): bool {
  return octet == 0x20 || octet == 0x09;
}
