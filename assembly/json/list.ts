// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { JsonObject } from "./object";
import { JsonReader } from "./reader";
import { bytesAt } from "./base64";
import { choiceAt, enumerationAt } from "./choice";
import { durationAt } from "./duration";
import { reject, stopped } from "./message";
import { boolAt, f64At, i64At, u32At, u64At } from "./scalar";
import { after, ENTRY, KNOWN, NONE, setFlag } from "./tape";
import { JsonValue } from "./value";

/** Values by index. Going through them in order costs the least. */
abstract class JsonList {
  private count: i32 = 0;
  /** The value at `index`; in a map, its name. */
  private cursor: usize;
  private index: i32 = 0;

  constructor(
    /** @internal */
    protected readonly json: JsonReader,
    private readonly entry: usize,
    /** What comes before each value: nothing, or its name. */
    private readonly lead: usize,
  ) {
    this.cursor = entry + ENTRY;
    const end = entry != NONE ? after(entry) : NONE;
    for (let at = entry + ENTRY; at < end; at = after(at + lead)) {
      if (lead > 0) setFlag(at, KNOWN);
      this.count++;
    }
  }

  /** Number of values; 0 once a value is wrong. */
  get length(): i32 {
    return stopped(this.json.tape) ? 0 : this.count;
  }

  /** A string, as a view of the document. */
  string(index: i32): Bytes {
    return this.json.stringAt(this.at(index));
  }

  /** Octets that are written as base64. */
  bytes(index: i32): Bytes {
    return bytesAt(this.json.tape, this.at(index));
  }

  /** `true` or `false`. */
  bool(index: i32): bool {
    return boolAt(this.json.tape, this.at(index));
  }

  /** An integer from `least` to `most`. */
  u32(index: i32, least: u32 = 0, most: u32 = u32.MAX_VALUE): u32 {
    return u32At(this.json.tape, this.at(index), least, most);
  }

  /** An integer that an `i64` holds. */
  i64(index: i32): i64 {
    return i64At(this.json.tape, this.at(index));
  }

  /** An integer that a `u64` holds. */
  u64(index: i32): u64 {
    return u64At(this.json.tape, this.at(index));
  }

  /** The double that is nearest to a number. */
  f64(index: i32): f64 {
    return f64At(this.json.tape, this.at(index));
  }

  /** Nanoseconds of a google.protobuf.Duration. */
  duration(index: i32): u64 {
    return durationAt(this.json.tape, this.at(index));
  }

  /** Index of the string among `choices`. */
  choice(index: i32, choices: StaticArray<string>): i32 {
    return choiceAt(this.json.tape, this.at(index), choices);
  }

  /** Number of a protobuf enumeration's value, which is its index in `names`. */
  enumeration(index: i32, names: StaticArray<string>): i32 {
    return enumerationAt(this.json.tape, this.at(index), names);
  }

  /** An object whose fields are known by name. */
  object(index: i32): JsonObject {
    return new JsonObject(this.json, this.json.objectAt(this.at(index)));
  }

  /** An array. */
  array(index: i32): JsonArray {
    return new JsonArray(this.json, this.json.arrayAt(this.at(index)));
  }

  /** An object whose names are data. */
  map(index: i32): JsonMap {
    return new JsonMap(this.json, this.json.objectAt(this.at(index)));
  }

  /** A value of whatever type. */
  value(index: i32): JsonValue {
    return new JsonValue(this.json, this.at(index));
  }

  /** Makes a value an error, for a rule that no getter knows. */
  refuse<R>(index: i32, reason: R): void {
    const because = Bytes.of<R>(reason);
    reject(this.json.tape, this.at(index), because.ptr, because.length);
  }

  /** The entry of a value; `NONE` outside the list, and once a value is wrong. */
  protected at(index: i32): usize {
    if (<u32>index >= <u32>this.length) return NONE;
    if (index < this.index) {
      this.index = 0;
      this.cursor = this.entry + ENTRY;
    }
    for (; this.index < index; this.index++) this.cursor = after(this.cursor + this.lead);
    return this.cursor + this.lead;
  }
}

/** An array of a document. A value of another type than asked for is an error, recorded in the reader. */
@final
export class JsonArray extends JsonList {
  constructor(json: JsonReader, entry: usize) {
    super(json, entry, 0);
  }
}

/** An object whose names are data; none of them is unknown. */
@final
export class JsonMap extends JsonList {
  constructor(json: JsonReader, entry: usize) {
    super(json, entry, ENTRY);
  }

  /** The name at an index. */
  key(index: i32): Bytes {
    const entry = this.at(index);
    return entry != NONE ? this.json.stringAt(entry - ENTRY) : Bytes.EMPTY;
  }
}
