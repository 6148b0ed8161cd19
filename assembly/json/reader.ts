// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { JsonArray } from "./list";
import {
  beginMessage,
  endMessage,
  fail,
  failed,
  messageText,
  parentOf,
  putOctets,
  putWords,
} from "./message";
import { JsonObject } from "./object";
import { scan } from "./scanner";
import { after, ARRAY, ENTRY, flags, HEAD, kind, NAME, NONE, OBJECT, QUOTE, size, start, text } from "./tape";
import { JsonValue } from "./value";

/** The tape of the worst document is twelve times as large as the document. */
const LARGEST: i32 = 1 << 24;
/** The path of an error is written by recursion. */
const DEEPEST: i32 = 256;
/** What the scanner may look at behind a document. */
const SPARE: i32 = 8;

const STRING: usize = changetype<usize>("a string");
const AN_OBJECT: usize = changetype<usize>("an object");
const AN_ARRAY: usize = changetype<usize>("an array");
const SHORTER: usize = changetype<usize>("a smaller document");
const UNKNOWN: usize = changetype<usize>(": unknown field");
const ONE_OF: usize = changetype<usize>("; expected one of ");
const COMMA: usize = changetype<usize>(", ");

/** A name that an object has been asked for. */
@final
class Asked {
  next: Asked | null = null;

  constructor(
    public readonly object: usize,
    public readonly name: Bytes,
  ) {}
}

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
 * RFC 8259 to the letter, and strict where it leaves a choice: a name may occur once in an object, strings are UTF-8
 * without lone surrogates, and there are limits: 32 levels and 1 MiB, or what `parse` is told, up to 256 and 16 MiB.
 *
 * The strings that getters return are views of the reader's copy of the document; `copy` what is to outlive a large one.
 */
@final
export class JsonReader {
  /** For the SDK: address of the tape. */
  readonly tape: usize;
  private readonly document: ArrayBuffer;
  private readonly tapeBuffer: ArrayBuffer;
  private firstAsked: Asked | null = null;
  private lastAsked: Asked | null = null;

  private constructor(
    source: Bytes,
    maxDepth: i32,
    maxBytes: i32,
    /** For the SDK: whether the rules of `parse` hold, or those of `parsePlain`. */
    public readonly isMessage: bool,
  ) {
    const fits = source.length <= min(maxBytes, LARGEST);
    const length = fits ? source.length : 0;
    const document = new ArrayBuffer(length + SPARE);
    const at = changetype<usize>(document);
    const end = at + <usize>length;
    memory.copy(at, source.ptr, <usize>length);
    const room = roomFor(at, end);
    const buffer = new ArrayBuffer(<i32>HEAD + room * 12);
    const tape = changetype<usize>(buffer);
    store<u32>(tape, <u32>at, 4);
    this.document = document;
    this.tapeBuffer = buffer;
    this.tape = tape;
    if (fits) scan(at, end, tape, tape + HEAD + <usize>(room << 3), min(maxDepth, DEEPEST));
    else fail(tape, tape + HEAD, at, SHORTER);
  }

  /**
   * Reads a configuration as proto3 JSON: getters take a field's name in `snake_case` and find it in `lowerCamelCase`
   * too, `null` is as good as absent, and `finish` refuses fields that no getter has asked for. No octets at all, as of
   * a plugin without configuration, read as `{}`.
   */
  static parse(source: Bytes, maxDepth: i32 = 32, maxBytes: i32 = 1048576): JsonReader {
    return new JsonReader(source.length > 0 ? source : Bytes.of("{}"), maxDepth, maxBytes, true);
  }

  /** Reads what a peer has sent: names match only as they are, and fields that nobody asks for are no error. */
  static parsePlain(source: Bytes, maxDepth: i32 = 32, maxBytes: i32 = 1048576): JsonReader {
    return new JsonReader(source, maxDepth, maxBytes, false);
  }

  /** Whether something is wrong by now. */
  get failed(): bool {
    return failed(this.tape);
  }

  /** What is wrong, with path and offset: `$.rules[2].match: expected an object (byte 71)`. Empty when nothing is. */
  get error(): Bytes {
    const tape = this.tape;
    return Bytes.fromMemory(this.tapeBuffer, messageText(tape), load<i32>(tape));
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
    if (this.isMessage && !failed(tape)) {
      const root = tape + HEAD;
      const end = after(root);
      for (let entry = root; entry < end; entry += ENTRY) if (flags(entry) == NAME) this.refuseUnknown(entry);
    }
    return !failed(tape);
  }

  private refuseUnknown(name: usize): void {
    const tape = this.tape;
    if (!beginMessage(tape, name, UNKNOWN)) return;
    const object = parentOf(name);
    let words = ONE_OF;
    let asked = this.firstAsked;
    while (asked !== null) {
      if (asked.object == object) {
        putWords(words);
        putOctets(asked.name.ptr, asked.name.length);
        words = COMMA;
      }
      asked = asked.next;
    }
    endMessage(tape, start(name));
  }

  /** For the SDK: notes that an object has been asked for a name. */
  note(object: usize, name: Bytes): void {
    const last = this.lastAsked;
    // `has` and a getter after it ask the same.
    if (last !== null && last.object == object && last.name === name) return;
    const asked = new Asked(object, name);
    if (last !== null) last.next = asked;
    else this.firstAsked = asked;
    this.lastAsked = asked;
  }

  // For the SDK: values by the type that is asked for. An entry of another type is an error.

  stringAt(entry: usize): Bytes {
    if (entry != NONE) {
      if (kind(entry) == QUOTE) return Bytes.fromMemory(this.document, text(entry), size(entry));
      fail(this.tape, entry, start(entry), STRING);
    }
    return Bytes.EMPTY;
  }

  objectAt(entry: usize): usize {
    return containerAt(this.tape, entry, OBJECT, AN_OBJECT);
  }

  arrayAt(entry: usize): usize {
    return containerAt(this.tape, entry, ARRAY, AN_ARRAY);
  }
}

function containerAt(tape: usize, entry: usize, opening: u32, what: usize): usize {
  if (entry == NONE || failed(tape)) return NONE;
  return kind(entry) == opening ? entry : fail(tape, entry, start(entry), what);
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
