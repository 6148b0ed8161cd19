// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { JsonArray } from "./list";
import {
  beginMessage,
  endMessage,
  fail,
  failed,
  forgetMessage,
  lacking,
  parentOf,
  putOctets,
  putWords,
  setLacking,
  STEP,
  stopped,
} from "./message";
import { JsonObject } from "./object";
import { Storage } from "./storage";
import { after, ARRAY, ENTRY, flags, HEAD, kind, NAME, NONE, OBJECT, QUOTE, size, start, text } from "./tape";
import { JsonValue } from "./value";

/** Names asked for that are kept, to say what an unknown field could have been; behind them errors say less. */
const MOST_ASKED: i32 = 65536;

// @ts-ignore: decorator
@lazy
const STRING: usize = changetype<usize>("a string");
// @ts-ignore: decorator
@lazy
const AN_OBJECT: usize = changetype<usize>("an object");
// @ts-ignore: decorator
@lazy
const AN_ARRAY: usize = changetype<usize>("an array");
// @ts-ignore: decorator
@lazy
const MISSING: usize = changetype<usize>(": missing");
// @ts-ignore: decorator
@lazy
const UNKNOWN: usize = changetype<usize>(": unknown field");
// @ts-ignore: decorator
@lazy
const ONE_OF: usize = changetype<usize>("; expected one of ");
// @ts-ignore: decorator
@lazy
const COMMA: usize = changetype<usize>(", ");

/**
 * Reads a JSON document: `parse` checks all of it and notes where its values are, the getters then look at them. No
 * document can trap. The first thing that is wrong is kept in `error`, and every getter after it answers its default;
 * so a reader is straight code, with one question at its end:
 *
 * ```ts
 * const json = JsonReader.parse(configuration);
 * const root = json.object();
 * this.header = root.string("header");
 * this.value = root.stringOr("value", "hello");
 * if (json.finish()) return true;
 * logError(json.error);
 * return false;
 * ```
 *
 * A field that is missing is not the end: getters go on with the rest, so that `finish` can tell a name that is misspelled
 * from one that is not there.
 *
 * RFC 8259 to the letter, and strict where it leaves a choice: no byte order mark, a name may occur once in an object,
 * strings are UTF-8 without lone surrogates. There are limits: 32 levels and 16 MiB for `parse`, 1 MiB for `parsePlain`, or
 * what they are told, up to 256 and 16 MiB. The time that reading takes grows with the document's size and no faster, if
 * lists are read from their first value to their last.
 *
 * The strings that getters return are views of the reader's copy of the document; `copy` what is to outlive a large one.
 */
@final
export class JsonReader {
  private readonly storage: Storage = new Storage(0);
  /** What objects have been asked for: names, and the objects at the same indexes. */
  private readonly names: Array<Bytes> = [];
  private readonly objects: Array<usize> = [];
  private constructor(
    source: Bytes,
    maxDepth: i32,
    maxBytes: i32,
    /** @internal Whether the rules of `parse` hold, or those of `parsePlain`. */
    public readonly isMessage: bool,
  ) {
    this.storage.read(source, maxDepth, maxBytes, isMessage);
  }

  /**
   * Reads a configuration as proto3 JSON: getters take a field's name in `snake_case` and find it in `lowerCamelCase`
   * too (both at once are an error), numbers may stand in quotes, `null` is as good as absent, and `finish` refuses fields
   * that no getter has asked for. The wrappers (`google.protobuf.UInt32Value` and the like) are as what they wrap. No
   * octets at all, as of a plugin without configuration, read as `{}`.
   *
   * @param maxDepth levels of arrays and objects, 256 at most
   * @param maxBytes octets of the document, 16 MiB at most
   */
  static parse(source: Bytes, maxDepth: i32 = 32, maxBytes: i32 = 16777216): JsonReader {
    return new JsonReader(source.length > 0 ? source : Bytes.of("{}"), maxDepth, maxBytes, true);
  }

  /**
   * Reads what a peer has sent: names match only as they are, types are what they are (`"1"` is no number), and fields
   * that nobody asks for are no error. `JsonDocument` reads such documents without new memory for each.
   *
   * @param maxDepth levels of arrays and objects, 256 at most
   * @param maxBytes octets of the document, 16 MiB at most
   */
  static parsePlain(source: Bytes, maxDepth: i32 = 32, maxBytes: i32 = 1048576): JsonReader {
    return new JsonReader(source, maxDepth, maxBytes, false);
  }

  /** @internal Address of the tape. */
  get tape(): usize {
    return this.storage.tape;
  }

  /** Whether something is wrong by now. */
  get failed(): bool {
    return failed(this.tape);
  }

  /** What is wrong, with path and offset: `$.rules[2].match: expected an object (byte 71)`. Empty when nothing is. */
  get error(): Bytes {
    return this.storage.error;
  }

  /** The document, which must be an object. */
  object(): JsonObject {
    return new JsonObject(this, this.objectAt(this.tape + HEAD));
  }

  /** The document, which must be an array. */
  array(): JsonArray {
    return new JsonArray(this, this.arrayAt(this.tape + HEAD));
  }

  /** The document, whatever it is. */
  value(): JsonValue {
    return new JsonValue(this, this.tape + HEAD);
  }

  /** To be asked once everything has been read: true when all of it was as it should be. */
  finish(): bool {
    const tape = this.tape;
    if (!this.isMessage || stopped(tape)) return !failed(tape);
    // What an object lacks may be there under a misspelled name; nothing else of that object is better known.
    const object = lacking(tape);
    const root = tape + HEAD;
    const end = after(object != NONE ? object : root);
    for (let entry = root; entry < end; entry += ENTRY) {
      if (flags(entry) != NAME || (object != NONE && parentOf(entry) != object)) continue;
      if (object != NONE) forgetMessage(tape);
      this.refuseUnknown(entry);
      break;
    }
    return !failed(tape);
  }

  private refuseUnknown(name: usize): void {
    const tape = this.tape;
    if (!beginMessage(tape, name, UNKNOWN)) return;
    const object = parentOf(name);
    let words = ONE_OF;
    for (let i = 0; i < this.names.length; i++) {
      if (unchecked(this.objects[i]) != object) continue;
      const asked = unchecked(this.names[i]);
      putWords(words);
      putOctets(asked.ptr, asked.length);
      words = COMMA;
    }
    endMessage(tape, start(name));
  }

  /** @internal Notes that an object has been asked for a name. */
  note(object: usize, name: Bytes): void {
    const last = this.names.length - 1;
    // Only an error message needs them, and a document of megabytes asks millions of times.
    if (last >= MOST_ASKED) return;
    // `has` and a getter after it ask the same.
    if (last >= 0 && unchecked(this.objects[last]) == object && unchecked(this.names[last]) === name) return;
    this.names.push(name);
    this.objects.push(object);
  }

  /** @internal Records that an object lacks a field. */
  lack(object: usize, name: Bytes): void {
    const tape = this.tape;
    if (!beginMessage(tape, object, STEP)) return;
    putOctets(name.ptr, name.length);
    putWords(MISSING);
    endMessage(tape, start(object));
    if (this.isMessage) setLacking(tape, object);
  }

  /** @internal A view of the document. */
  viewOf(ptr: usize, length: i32): Bytes {
    return Bytes.fromMemory(this.storage.text, ptr, length);
  }

  // Values by the type that is asked for. An entry of another type is an error.

  /** @internal */
  stringAt(entry: usize): Bytes {
    if (entry != NONE) {
      if (kind(entry) == QUOTE) return this.viewOf(text(entry), size(entry));
      fail(this.tape, entry, start(entry), STRING);
    }
    return Bytes.EMPTY;
  }

  /** @internal */
  objectAt(entry: usize): usize {
    return containerAt(this.tape, entry, OBJECT, AN_OBJECT);
  }

  /** @internal */
  arrayAt(entry: usize): usize {
    return containerAt(this.tape, entry, ARRAY, AN_ARRAY);
  }
}

function containerAt(tape: usize, entry: usize, opening: u32, what: usize): usize {
  if (entry == NONE || stopped(tape)) return NONE;
  return kind(entry) == opening ? entry : fail(tape, entry, start(entry), what);
}
