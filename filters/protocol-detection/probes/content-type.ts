// SPDX-License-Identifier: Apache-2.0

/** Where the reading is in a header field (RFC 7541 section 6). */
enum Stage {
  First,
  /** A number that did not fit into the first octet. */
  Index,
  NameLength,
  Name,
  ValueLength,
  Value,
}

/** Place of `content-type` in the static table (RFC 7541 appendix A). */
const CONTENT_TYPE: u32 = 31;
const HUFFMAN: u32 = 0x80;
const MOST_KEPT: i32 = 16;
/** Longest number whose octets are read: no index and no length needs more. */
const MOST_SHIFT: u32 = 21;

const NAME: string = "content-type";
const VALUE: string = "application/grpc";
/** Both in the code of RFC 7541 appendix B; the value's fills its octets, so that what follows begins with a new one. */
const NAME_CODED: StaticArray<u8> = [0x21, 0xea, 0x49, 0x6a, 0x4a, 0xc9, 0xf5, 0x59, 0x7f];
const VALUE_CODED: StaticArray<u8> = [0x1d, 0x75, 0xd0, 0x62, 0x0d, 0x26, 0x3d, 0x4c, 0x4d, 0x65, 0x64];

/**
 * Looks for the content type in a block of header fields, octet by octet. It decodes no more than that takes: names from
 * the static table, literals as they are or in Huffman's code. Fields of the dynamic table need not be known, as a first
 * block's are repetitions.
 */
@final
export class ContentType {
  /** Whether it is gRPC's: `application/grpc`, alone or with `+…` or `;…` behind it. `application/grpc-web` is not. */
  isGrpc: bool = false;

  private stage: Stage = Stage.First;
  private isContentType: bool = false;
  private isCoded: bool = false;
  /** The number that is being read. */
  private number: u32 = 0;
  private shift: u32 = 0;
  private isLong: bool = false;
  /** Whether nothing follows the index: an indexed field, or a change of the table's size. */
  private isBare: bool = false;
  /** Octets of the string, and how many have come. */
  private length: u32 = 0;
  private taken: u32 = 0;
  private readonly kept: StaticArray<u8> = new StaticArray<u8>(MOST_KEPT + 2);

  reset(): void {
    this.isGrpc = false;
    this.stage = Stage.First;
    this.isLong = false;
  }

  /** Takes an octet of the block. @returns whether the content type has been found */
  step(octet: u32): bool {
    switch (this.stage) {
      case Stage.First:
        this.first(octet);
        return false;
      case Stage.Index:
        if (this.more(octet)) this.index(this.number);
        return false;
      case Stage.NameLength:
      case Stage.ValueLength:
        this.stringLength(octet);
        return this.stage == Stage.First && this.isContentType && this.length == 0;
      default:
        return this.stringOctet(octet);
    }
  }

  /** What kind of field it is, and the beginning of the index of its name. */
  private first(octet: u32): void {
    this.isContentType = false;
    if (octet >= 0x80) this.begin(octet, 7, Stage.First);
    else if (octet >= 0x40) this.begin(octet, 6, Stage.NameLength);
    else if (octet >= 0x20) this.begin(octet, 5, Stage.First);
    else this.begin(octet, 4, Stage.NameLength);
  }

  private begin(octet: u32, bits: u32, then: Stage): void {
    const all = ((<u32>1) << bits) - 1;
    this.number = octet & all;
    this.isBare = then == Stage.First;
    this.shift = 0;
    if (this.number == all) this.stage = Stage.Index;
    else this.index(this.number);
  }

  /** Adds seven bits to the number. @returns whether it is whole */
  private more(octet: u32): bool {
    if (this.shift <= MOST_SHIFT) this.number += (octet & 0x7f) << this.shift;
    this.shift += 7;
    return (octet & 0x80) == 0;
  }

  private index(index: u32): void {
    this.isLong = false;
    if (this.isBare) {
      this.stage = Stage.First;
      return;
    }
    this.isContentType = index == CONTENT_TYPE;
    this.stage = index == 0 ? Stage.NameLength : Stage.ValueLength;
  }

  private stringLength(octet: u32): void {
    if (this.isLong) {
      if (!this.more(octet)) return;
    } else {
      this.isCoded = (octet & HUFFMAN) != 0;
      this.number = octet & 0x7f;
      this.shift = 0;
      this.isLong = this.number == 0x7f;
      if (this.isLong) return;
    }
    this.isLong = false;
    this.length = this.number;
    this.taken = 0;
    if (this.length > 0) this.stage = this.stage == Stage.NameLength ? Stage.Name : Stage.Value;
    else this.stage = this.stage == Stage.NameLength ? Stage.ValueLength : Stage.First;
  }

  private stringOctet(octet: u32): bool {
    if (this.taken < <u32>this.kept.length) unchecked((this.kept[this.taken] = <u8>octet));
    if (++this.taken < this.length) return false;
    if (this.stage == Stage.Name) {
      this.isContentType = this.isName();
      this.stage = Stage.ValueLength;
      return false;
    }
    this.stage = Stage.First;
    this.isGrpc = this.isContentType && this.isValue();
    return this.isContentType;
  }

  private isName(): bool {
    if (this.isCoded) return this.length == <u32>NAME_CODED.length && this.beginsWithCode(NAME_CODED);
    return this.length == <u32>NAME.length && this.beginsWith(NAME);
  }

  private isValue(): bool {
    if (this.isCoded) {
      if (!this.beginsWithCode(VALUE_CODED)) return false;
      const at = VALUE_CODED.length;
      if (this.length == <u32>at) return true;
      // `;` is 11111011, `+` is 11111111011 in Huffman's code.
      const next = <u32>this.kept[at];
      return next == 0xfb || (next == 0xff && this.length > <u32>at + 1 && this.kept[at + 1] >> 5 == 3);
    }
    if (!this.beginsWith(VALUE)) return false;
    if (this.length == <u32>VALUE.length) return true;
    const next = <u32>this.kept[VALUE.length];
    return next == 0x2b || next == 0x3b;
  }

  private beginsWith(text: string): bool {
    if (this.length < <u32>text.length) return false;
    for (let i = 0; i < text.length; i++) if (<i32>this.kept[i] != text.charCodeAt(i)) return false;
    return true;
  }

  private beginsWithCode(code: StaticArray<u8>): bool {
    if (this.length < <u32>code.length) return false;
    for (let i = 0; i < code.length; i++) if (this.kept[i] != code[i]) return false;
    return true;
  }
}
