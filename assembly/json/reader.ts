// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { JsonArray } from "./array";
import { JsonObject } from "./object";
import { scan } from "./scanner";
import { Flag, NONE, Tape } from "./tape";
import { arrayAt, objectAt } from "./value";

const MAX_DEPTH: i32 = 32;
const MAX_BYTES: i32 = 1 << 20;
/** Offsets must fit beside the flags of a tape. */
const ADDRESSABLE: i32 = 1 << 28;

/**
 * Reads a JSON document in place: `parse` checks all of it and remembers where its values are, the getters then look
 * at them. Nothing traps and nothing is thrown. The first thing that is wrong is kept in `error`; every getter after it
 * answers its default, so a reader is straight code with one question, `finish`, at its end:
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
 * RFC 8259 to the letter, and stricter where it leaves a choice: a name may occur once in an object, strings are UTF-8
 * without lone surrogates, depth and size have limits.
 */
@final
export class JsonReader {
  /** For the SDK: the objects that have been opened, latest first. */
  opened: JsonObject | null = null;

  private constructor(
    /** For the SDK. */
    public readonly tape: Tape,
    /** For the SDK: whether the rules of `parse` hold, or those of `parsePlain`. */
    public readonly isMessage: bool,
  ) {}

  /**
   * Reads a configuration as proto3 JSON: getters take field names in `snake_case` and find them in `lowerCamelCase`
   * too, `null` is as good as absent, and `finish` refuses a field that no getter has asked for. No octets at all, which
   * is a plugin without configuration, read as `{}`.
   */
  static parse(document: Bytes, maxDepth: i32 = MAX_DEPTH, maxBytes: i32 = MAX_BYTES): JsonReader {
    return read(document.length > 0 ? document : Bytes.of("{}"), true, maxDepth, maxBytes);
  }

  /** Reads what a peer has sent: field names match only as they are, and fields that nobody asks for are fine. */
  static parsePlain(document: Bytes, maxDepth: i32 = MAX_DEPTH, maxBytes: i32 = MAX_BYTES): JsonReader {
    return read(document, false, maxDepth, maxBytes);
  }

  /** What is wrong, with the JSON path and the offset: `$.rules[2].match: expected an object (byte 71)`. */
  get error(): string {
    return this.tape.error;
  }

  /** Whether something is wrong by now. */
  get failed(): bool {
    return this.tape.failed;
  }

  /** The document as an object. */
  object(): JsonObject {
    return objectAt(this, this.root);
  }

  /** The document as an array. */
  array(): JsonArray {
    return arrayAt(this, this.root);
  }

  /** To be asked when everything has been read: true when all of it was as it should be. */
  finish(): bool {
    if (this.isMessage && !this.failed) this.refuseUnknown();
    return !this.failed;
  }
}
