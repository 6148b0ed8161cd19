// SPDX-License-Identifier: Apache-2.0
import { integer, readInt, readUint } from "./integer";
import { dropBlanks, hasItem, ListReader, skipBlanks } from "./list";
import { literalBytes } from "./literal";
import { compareOctets, sameIgnoringCase, sameOctets } from "./octets";
import { decodeUtf8 } from "./utf8";
import { ByteWriter } from "./writer";

/**
 * A view of octets: where they start and how many there are. Header values, bodies and properties are octets, not
 * text, so this is what the SDK hands out and takes. Views are immutable and cheap to slice (no copy); the memory
 * below stays alive as long as a view of it does. Everything is bounds-checked and nothing traps: an index outside
 * the view reads as -1, a slice is clamped.
 *
 * Parameters of type `T` take a `string`, a `Bytes` or a `ByteWriter`; a string stands for its UTF-8 form.
 */
@final
export class Bytes {
  /** A view of the empty octet string. */
  static readonly EMPTY: Bytes = new Bytes(null, 0, 0);

  private constructor(
    /** What keeps the octets alive; null for static memory and for octets that follow this very object. */
    private owner: Object | null,
    /** Address of the first octet, for code that reads memory itself. Valid while this view is alive. */
    public readonly ptr: usize,
    /** Number of octets. */
    public readonly length: i32,
  ) {}

  /**
   * New memory of `length` octets, all zero: one object, the view with its octets right behind it.
   *
   *   ┌───────┬─────┬────────┬──────────────────┐
   *   │ owner │ ptr │ length │ length octets …  │
   *   └───────┴──┬──┴────────┴──────────────────┘
   *              └───────────▲
   */
  static allocate(length: i32): Bytes {
    const view = Bytes.uninitialized(length);
    memory.fill(view.ptr, 0, <usize>length);
    return view;
  }

  /** The same without clearing it: what was there before must be overwritten before anyone sees it. */
  static uninitialized(length: i32): Bytes {
    const view = changetype<Bytes>(__new(offsetof<Bytes>() + <usize>length, idof<Bytes>()));
    store<usize>(changetype<usize>(view), 0, offsetof<Bytes>("owner"));
    store<usize>(
      changetype<usize>(view),
      changetype<usize>(view) + offsetof<Bytes>(),
      offsetof<Bytes>("ptr"),
    );
    store<i32>(changetype<usize>(view), length, offsetof<Bytes>("length"));
    return view;
  }

  /** The view whose octets, made by `allocate`, begin at `ptr`. */
  @unsafe
  static allocatedAt(ptr: usize): Bytes {
    return changetype<Bytes>(ptr - offsetof<Bytes>());
  }

  /** @internal For the SDK: makes this a view of something else. */
  _show(owner: Object | null, ptr: usize, length: i32): void {
    this.owner = owner;
    store<usize>(changetype<usize>(this), ptr, offsetof<Bytes>("ptr"));
    store<i32>(changetype<usize>(this), length, offsetof<Bytes>("length"));
  }

  /** The UTF-8 form of `text`. */
  static fromString(text: string): Bytes {
    const view = Bytes.uninitialized(String.UTF8.byteLength(text));
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, view.ptr);
    return view;
  }

  /** A view of a whole buffer, not a copy. */
  static fromBuffer(buffer: ArrayBuffer): Bytes {
    return new Bytes(buffer, changetype<usize>(buffer), buffer.byteLength);
  }

  /** A view of `length` octets at `ptr`, which lie in `owner`, or in static memory when `owner` is null. */
  static fromMemory(owner: Object | null, ptr: usize, length: i32): Bytes {
    return new Bytes(owner, ptr, length);
  }

  /** The octets of a string or a view. String literals are encoded once per module, so they cost nothing here. */
  static of<T>(value: T): Bytes {
    if (isString<T>()) {
      return literalBytes(changetype<string>(value));
    } else if (idof<T>() == idof<Bytes>()) {
      return changetype<Bytes>(value);
    } else if (idof<T>() == idof<ByteWriter>()) {
      return changetype<ByteWriter>(value).view();
    } else {
      ERROR("a string, Bytes or ByteWriter is expected");
    }
  }

  /** The same, for keeping: a `ByteWriter` is copied, as it will be written again. */
  static kept<T>(value: T): Bytes {
    const bytes = Bytes.of<T>(value);
    return idof<T>() == idof<ByteWriter>() ? bytes.copy() : bytes;
  }

  /** Whether there are no octets. */
  @inline
  get isEmpty(): bool {
    return this.length == 0;
  }

  /** The octet at `index`, or -1 outside the view. */
  @inline
  at(index: i32): i32 {
    return <u32>index < <u32>this.length ? <i32>load<u8>(this.ptr + <usize>index) : -1;
  }

  /** The octets from `start` up to `end`; both are clamped, negative ones count from the end. */
  slice(start: i32, end: i32 = i32.MAX_VALUE): Bytes {
    const length = this.length;
    if (start < 0) start = max(start + length, 0);
    if (end < 0) end = max(end + length, 0);
    start = min(start, length);
    end = max(min(end, length), start);
    const owner = this.owner;
    return new Bytes(owner !== null ? owner : this, this.ptr + <usize>start, end - start);
  }

  /** Whether both have the same octets. */
  equals<T>(other: T): bool {
    const that = Bytes.of<T>(other);
    return this.length == that.length && sameOctets(this.ptr, that.ptr, <usize>that.length);
  }

  /** As `equals`, with ASCII letters of either case taken as the same. */
  equalsIgnoreCase<T>(other: T): bool {
    const that = Bytes.of<T>(other);
    return this.length == that.length && sameIgnoringCase(this.ptr, that.ptr, <usize>that.length);
  }

  /** Whether the first octets are those of `prefix`; an empty one is always there. */
  startsWith<T>(prefix: T): bool {
    const that = Bytes.of<T>(prefix);
    return this.length >= that.length && sameOctets(this.ptr, that.ptr, <usize>that.length);
  }

  /** As `startsWith`, with ASCII letters of either case taken as the same. */
  startsWithIgnoreCase<T>(prefix: T): bool {
    const that = Bytes.of<T>(prefix);
    return this.length >= that.length && sameIgnoringCase(this.ptr, that.ptr, <usize>that.length);
  }

  /** Whether the last octets are those of `suffix`. */
  endsWith<T>(suffix: T): bool {
    const that = Bytes.of<T>(suffix);
    const offset = this.length - that.length;
    return offset >= 0 && sameOctets(this.ptr + <usize>offset, that.ptr, <usize>that.length);
  }

  /** Index of the first `needle` at or after `from`, or -1. */
  indexOf<T>(needle: T, from: i32 = 0): i32 {
    const that = Bytes.of<T>(needle);
    const last = this.length - that.length;
    from = max(from, 0);
    if (that.length == 0) return from <= this.length ? from : -1;
    const first = <i32>load<u8>(that.ptr);
    for (let i = this.indexOfByte(first, from); i >= 0 && i <= last; i = this.indexOfByte(first, i + 1)) {
      if (sameOctets(this.ptr + <usize>i, that.ptr, <usize>that.length)) return i;
    }
    return -1;
  }

  /** As `indexOf`, with ASCII letters of either case taken as the same. */
  indexOfIgnoreCase<T>(needle: T, from: i32 = 0): i32 {
    const that = Bytes.of<T>(needle);
    const last = this.length - that.length;
    for (let i = max(from, 0); i <= last; i++) {
      if (sameIgnoringCase(this.ptr + <usize>i, that.ptr, <usize>that.length)) return i;
    }
    return -1;
  }

  /** Index of the first octet `byte` at or after `from`, or -1. */
  indexOfByte(byte: i32, from: i32 = 0): i32 {
    for (let i = max(from, 0); i < this.length; i++) {
      if (<i32>load<u8>(this.ptr + <usize>i) == byte) return i;
    }
    return -1;
  }

  /** Negative, zero or positive, as octets are ordered; a prefix comes first. */
  compare<T>(other: T): i32 {
    const that = Bytes.of<T>(other);
    const common = compareOctets(this.ptr, that.ptr, <usize>min(this.length, that.length));
    return common != 0 ? common : this.length - that.length;
  }

  /** Without the spaces and tabs at both ends (RFC 9110 section 5.6.3, OWS). */
  trim(): Bytes {
    const end = this.ptr + <usize>this.length;
    const start = skipBlanks(this.ptr, end);
    return this.slice(<i32>(start - this.ptr), <i32>(dropBlanks(start, end) - this.ptr));
  }

  /** Steps through the items of a list such as `gzip, deflate;q=0.5`. */
  list(): ListReader {
    return new ListReader(this);
  }

  /**
   * Whether a list such as `keep-alive, Upgrade` has this item, ASCII letters of either case taken as the same. The item is
   * compared as a whole, so that `gzip;q=0` is not `gzip`; `list` takes items apart.
   */
  listHas<T>(item: T): bool {
    return hasItem(this, Bytes.of<T>(item));
  }

  /**
   * The number that these octets are, all of them, in decimal: digits, and a minus before them when it is below zero.
   * Leading zeros do no harm; blanks, a plus and everything else do.
   *
   * @param other what to return for anything else, and for numbers that need more than 64 bits
   */
  toInt(other: i64): i64 {
    return this.isInt ? <i64>integer : other;
  }

  /** As `toInt`, without a minus, up to 2^64 - 1. */
  toUint(other: u64): u64 {
    return this.isUint ? integer : other;
  }

  /** Whether `toInt` can read them: tells a failure apart where every number may be there. */
  get isInt(): bool {
    return readInt(this.ptr, this.ptr + <usize>this.length);
  }

  /** Whether `toUint` can read them. */
  get isUint(): bool {
    return readUint(this.ptr, this.ptr + <usize>this.length);
  }

  /**
   * The number stored at an offset with its lowest octet first: `readLE<u32>(4)`. 0 where it is not wholly inside the view.
   *
   * @param offset in octets; it need not be aligned
   */
  readLE<T extends number>(offset: i32 = 0): T {
    if (!isInteger<T>()) ERROR("an integer type is expected");
    if (offset < 0 || offset > this.length - <i32>sizeof<T>()) return <T>0;
    return load<T>(this.ptr + <usize>offset);
  }

  /** The same with the highest octet first, as in most protocols. */
  readBE<T extends number>(offset: i32 = 0): T {
    return bswap<T>(this.readLE<T>(offset));
  }

  /** A copy in memory of its own: keeps a few octets of a large body without keeping the body. */
  copy(): Bytes {
    const copied = Bytes.uninitialized(this.length);
    memory.copy(copied.ptr, this.ptr, <usize>this.length);
    return copied;
  }

  /** Both, one after the other, in new memory. */
  concat<T>(other: T): Bytes {
    const that = Bytes.of<T>(other);
    const both = Bytes.uninitialized(this.length + that.length);
    memory.copy(both.ptr, this.ptr, <usize>this.length);
    memory.copy(both.ptr + <usize>this.length, that.ptr, <usize>that.length);
    return both;
  }

  /** As text. What is not UTF-8 becomes U+FFFD, one for each octet that cannot be read. */
  toString(): string {
    return decodeUtf8(this.ptr, this.length);
  }
}
