// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { choiceAt } from "./choice";
import { JsonArray, JsonMap } from "./list";
import { beginMessage, endMessage, failed, putOctets, putWords } from "./message";
import { findField } from "./name";
import { JsonReader } from "./reader";
import { boolAt, f64At, i64At, u32At } from "./scalar";
import { NONE, start } from "./tape";
import { JsonValue } from "./value";

const STEP: usize = changetype<usize>(".");
const MISSING: usize = changetype<usize>(": missing");

/**
 * An object of a document. A getter without `Or` needs its field to be there; `null` is as good as absent. A value of
 * another type is an error, recorded in the reader. Names are strings or Bytes; `JsonReader.parse` says how they match.
 */
@final
export class JsonObject {
  constructor(
    private readonly json: JsonReader,
    private readonly entry: usize,
  ) {}

  /** Whether there is such a field, and it is not null. */
  has<N>(name: N): bool {
    return this.find(Bytes.kept<N>(name)) != NONE;
  }

  string<N>(name: N): Bytes {
    return this.json.stringAt(this.need(Bytes.kept<N>(name)));
  }

  stringOr<N, V>(name: N, absent: V): Bytes {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? this.json.stringAt(entry) : Bytes.kept<V>(absent);
  }

  bool<N>(name: N): bool {
    return boolAt(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  boolOr<N>(name: N, absent: bool): bool {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? boolAt(this.json.tape, entry) : absent;
  }

  /** An integer from `least` to `most`. */
  u32<N>(name: N, least: u32 = 0, most: u32 = u32.MAX_VALUE): u32 {
    return u32At(this.json.tape, this.need(Bytes.kept<N>(name)), least, most);
  }

  u32Or<N>(name: N, absent: u32, least: u32 = 0, most: u32 = u32.MAX_VALUE): u32 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? u32At(this.json.tape, entry, least, most) : absent;
  }

  i64<N>(name: N): i64 {
    return i64At(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  i64Or<N>(name: N, absent: i64): i64 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? i64At(this.json.tape, entry) : absent;
  }

  f64<N>(name: N): f64 {
    return f64At(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  f64Or<N>(name: N, absent: f64): f64 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? f64At(this.json.tape, entry) : absent;
  }

  /** Index of the field's string among `choices`. */
  choice<N>(name: N, choices: StaticArray<string>): i32 {
    return choiceAt(this.json.tape, this.need(Bytes.kept<N>(name)), choices);
  }

  choiceOr<N>(name: N, choices: StaticArray<string>, absent: i32): i32 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? choiceAt(this.json.tape, entry, choices) : absent;
  }

  object<N>(name: N): JsonObject {
    return new JsonObject(this.json, this.json.objectAt(this.need(Bytes.kept<N>(name))));
  }

  objectOrNull<N>(name: N): JsonObject | null {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? new JsonObject(this.json, this.json.objectAt(entry)) : null;
  }

  array<N>(name: N): JsonArray {
    return new JsonArray(this.json, this.json.arrayAt(this.need(Bytes.kept<N>(name))));
  }

  /** An array, or one of no values. */
  arrayOrEmpty<N>(name: N): JsonArray {
    return new JsonArray(this.json, this.json.arrayAt(this.find(Bytes.kept<N>(name))));
  }

  /** An object whose names are data. */
  map<N>(name: N): JsonMap {
    return new JsonMap(this.json, this.json.objectAt(this.need(Bytes.kept<N>(name))));
  }

  /** A map, or one of no values. */
  mapOrEmpty<N>(name: N): JsonMap {
    return new JsonMap(this.json, this.json.objectAt(this.find(Bytes.kept<N>(name))));
  }

  /** A field of whatever type, or null when there is none. */
  value<N>(name: N): JsonValue | null {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? new JsonValue(this.json, entry) : null;
  }

  /** The value of a field, or `NONE`. */
  private find(name: Bytes): usize {
    const json = this.json;
    const tape = json.tape;
    if (failed(tape)) return NONE;
    if (json.isMessage) json.note(this.entry, name);
    return findField(tape, this.entry, name.ptr, name.length, json.isMessage);
  }

  /** As `find`; that there is none is an error. */
  private need(name: Bytes): usize {
    const value = this.find(name);
    const tape = this.json.tape;
    if (value == NONE && beginMessage(tape, this.entry, STEP)) {
      putOctets(name.ptr, name.length);
      putWords(MISSING);
      endMessage(tape, start(this.entry));
    }
    return value;
  }
}
