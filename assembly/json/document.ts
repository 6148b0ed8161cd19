// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { compareOctets } from "../text/octets";
import { ByteWriter } from "../text/writer";
import { readNumber } from "./decimal";
import { integer, readI64, readU64 } from "./integer";
import { JsonKind, kindOf } from "./kind";
import { writeValue } from "./print";
import { isIntegerLiteral, numberSize } from "./scalar";
import { Storage } from "./storage";
import { after, ENTRY, flags, HEAD, NAME, NONE, size, start, text } from "./tape";

/** A value of a `JsonDocument`: good until the next `read`. 0 is no value, and every method takes it for one. */
export type JsonEntry = i32;

/**
 * A JSON document that a peer has sent, read into memory that is used again for the next one: make one per plugin, and a
 * request allocates nothing but the views that it asks for. Values are numbers, found by name or in order:
 *
 * ```ts
 * const claims = new JsonDocument();
 *
 * if (!claims.read(payload)) return refuse(claims.error);
 * const root = claims.root;
 * const exp = claims.member(root, "exp");
 * if (claims.isI64(exp) && claims.i64(exp) <= now) return expired();
 * const groups = claims.member(root, "groups");
 * for (let i = claims.first(groups); i != 0; i = claims.next(groups, i)) if (claims.equals(i, "admin")) return true;
 * ```
 *
 * The rules are those of RFC 8259, strict where it leaves a choice: no byte order mark, UTF-8 without lone surrogates, and
 * a name only once in an object. Types are what they are: `"1"` is a string and no number. No document traps, none is
 * found wrong only later, and an entry that is none, or another document's, is at worst another value of this one.
 */
@final
export class JsonDocument {
  private readonly storage: Storage = new Storage(1024);
  private readonly view: Bytes = Bytes.fromMemory(null, 0, 0);

  /**
   * @param maxDepth levels of arrays and objects, 256 at most
   * @param maxBytes octets of a document, 16 MiB at most; memory of up to 11 times the largest one read is kept
   */
  constructor(
    private readonly maxDepth: i32 = 32,
    private readonly maxBytes: i32 = 1048576,
  ) {}

  /** Reads a document in place of the last one. False when it is none; then it has no values, and `error` says why. */
  read<T>(source: T): bool {
    return this.storage.read(Bytes.of<T>(source), this.maxDepth, this.maxBytes, false);
  }

  /** What was wrong with the document, with path and offset: `$.aud[1]: expected a value (byte 71)`. */
  get error(): Bytes {
    return this.storage.error.copy();
  }

  /** The document itself; 0 before the first, and when it is none. */
  get root(): JsonEntry {
    const storage = this.storage;
    return storage.end > storage.tape + HEAD ? 1 : 0;
  }

  /** What a value is. */
  kind(entry: JsonEntry): JsonKind {
    return kindOf(this.at(entry));
  }

  /** The value of an object's member, `null` included; 0 when there is none, or `object` is no object. */
  member<N>(object: JsonEntry, name: N): JsonEntry {
    const container = this.at(object);
    if (kindOf(container) != JsonKind.Object) return 0;
    const wanted = Bytes.of<N>(name);
    const length = wanted.length;
    const end = after(container);
    for (let at = container + ENTRY; at < end; at = after(at + ENTRY)) {
      if (size(at) == length && compareOctets(text(at), wanted.ptr, <usize>length) == 0)
        return this.entry(at + ENTRY);
    }
    return 0;
  }

  /** The first element of an array, or the value of an object's first member; 0 when there is none. */
  first(container: JsonEntry): JsonEntry {
    const at = this.at(container);
    const kind = kindOf(at);
    if (kind < JsonKind.Array || after(at) == at + ENTRY) return 0;
    return this.entry(at + ENTRY + (kind == JsonKind.Object ? ENTRY : 0));
  }

  /** The element or member after one of `container`; 0 after the last. */
  next(container: JsonEntry, entry: JsonEntry): JsonEntry {
    const outer = this.at(container);
    const inner = this.at(entry);
    const kind = kindOf(outer);
    if (inner == NONE || kind < JsonKind.Array) return 0;
    const next = after(inner);
    return next < after(outer) ? this.entry(next + (kind == JsonKind.Object ? ENTRY : 0)) : 0;
  }

  /** Number of elements or members. It walks over them; 0 for what has none. */
  count(container: JsonEntry): i32 {
    let count = 0;
    for (let entry = this.first(container); entry != 0; entry = this.next(container, entry)) count++;
    return count;
  }

  /** The name of the member that a value is, as a new view, good until the next `read`. Empty for other values. */
  name(entry: JsonEntry): Bytes {
    const name = this.at(entry - 1);
    return name != NONE && flags(name) & NAME ? this.viewOf(text(name), size(name)) : Bytes.EMPTY;
  }

  /** Whether a value is `true`. */
  bool(entry: JsonEntry): bool {
    const at = this.at(entry);
    return at != NONE && load<u8>(start(at)) == 0x74;
  }

  /** Whether a value is a number that is written as an integer, of whatever size: 1.0 and 1e3 are not. */
  isInteger(entry: JsonEntry): bool {
    const at = this.number(entry);
    return at != NONE && isIntegerLiteral(at);
  }

  /** Whether a value is a number that is an `i64`, exactly and however it is written. */
  isI64(entry: JsonEntry): bool {
    const at = this.number(entry);
    return at != NONE && readI64(start(at));
  }

  /** The number, exactly; 0 for what is no such number. */
  i64(entry: JsonEntry): i64 {
    return this.isI64(entry) ? <i64>integer : 0;
  }

  /** Whether a value is a number that is a `u64`, exactly and however it is written. */
  isU64(entry: JsonEntry): bool {
    const at = this.number(entry);
    return at != NONE && readU64(start(at));
  }

  /** The number, exactly; 0 for what is no such number. */
  u64(entry: JsonEntry): u64 {
    return this.isU64(entry) ? integer : 0;
  }

  /** The double that is nearest to a number, infinite for one above all doubles; NaN for what is no number. */
  f64(entry: JsonEntry): f64 {
    const at = this.number(entry);
    return at != NONE ? readNumber(start(at)) : NaN;
  }

  /** A number as it is written, as a new view, good until the next `read`. Empty for what is no number. */
  literal(entry: JsonEntry): Bytes {
    const at = this.number(entry);
    return at != NONE ? this.viewOf(start(at), numberSize(at)) : Bytes.EMPTY;
  }

  /** What a string says, as a new view, good until the next `read`; `copy` is for keeping. Empty for other values. */
  string(entry: JsonEntry): Bytes {
    const at = this.at(entry);
    return kindOf(at) == JsonKind.String ? this.viewOf(text(at), size(at)) : Bytes.EMPTY;
  }

  /** Whether a value is a string that says this. Nothing is allocated. */
  equals<T>(entry: JsonEntry, value: T): bool {
    const at = this.at(entry);
    if (kindOf(at) != JsonKind.String) return false;
    const that = Bytes.of<T>(value);
    return size(at) == that.length && compareOctets(text(at), that.ptr, <usize>that.length) == 0;
  }

  /** Writes a value as JSON without blanks: numbers as they came, strings with as few escapes as JSON allows. */
  write(entry: JsonEntry, to: ByteWriter): void {
    const at = this.at(entry);
    if (at != NONE) writeValue(at, to, this.view);
  }

  /** Writes the name of the member that a value is, as a JSON string; nothing for other values. */
  writeName(entry: JsonEntry, to: ByteWriter): void {
    const name = this.at(entry - 1);
    if (name != NONE && flags(name) & NAME) writeValue(name, to, this.view);
  }

  private at(entry: JsonEntry): usize {
    const storage = this.storage;
    const at = storage.tape + HEAD + <usize>(entry - 1) * ENTRY;
    return entry > 0 && at < storage.end ? at : NONE;
  }

  private entry(at: usize): JsonEntry {
    return <JsonEntry>((at - this.storage.tape - HEAD) / ENTRY) + 1;
  }

  private number(entry: JsonEntry): usize {
    const at = this.at(entry);
    return kindOf(at) == JsonKind.Number ? at : NONE;
  }

  private viewOf(ptr: usize, length: i32): Bytes {
    return Bytes.fromMemory(this.storage.text, ptr, length);
  }
}
