// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { bytesAt } from "./base64";
import { choiceAt, enumerationAt } from "./choice";
import { durationAt } from "./duration";
import { JsonArray, JsonMap } from "./list";
import { reject, rejectMember, stopped } from "./message";
import { findField } from "./name";
import { failNone, failSeveral } from "./one-of";
import { JsonReader } from "./reader";
import { boolAt, f64At, i64At, u32At, u64At } from "./scalar";
import { after, ENTRY, flags, KNOWN, NAME, NONE, setFlag } from "./tape";
import { JsonValue } from "./value";

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

  /** Takes a field as known, whatever is in it and in all below it. */
  ignore<N>(name: N): void {
    const value = this.find(Bytes.kept<N>(name));
    const end = value != NONE ? after(value) : NONE;
    for (let at = value; at < end; at += ENTRY) if (flags(at) & NAME) setFlag(at, KNOWN);
  }

  /** A string, as a view of the document. */
  string<N>(name: N): Bytes {
    return this.json.stringAt(this.need(Bytes.kept<N>(name)));
  }

  /** The same, or `absent`, which may be a string or octets. */
  stringOr<N, V>(name: N, absent: V): Bytes {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? this.json.stringAt(entry) : Bytes.kept<V>(absent);
  }

  /** Octets that are written as base64, of either alphabet and with or without padding. They are a copy. */
  bytes<N>(name: N): Bytes {
    return bytesAt(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  /** The same, or `absent`. */
  bytesOr<N>(name: N, absent: Bytes): Bytes {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? bytesAt(this.json.tape, entry) : absent;
  }

  /** `true` or `false`. */
  bool<N>(name: N): bool {
    return boolAt(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  /** The same, or `absent`. */
  boolOr<N>(name: N, absent: bool): bool {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? boolAt(this.json.tape, entry) : absent;
  }

  /** An integer from `least` to `most`. */
  u32<N>(name: N, least: u32 = 0, most: u32 = u32.MAX_VALUE): u32 {
    return u32At(this.json.tape, this.need(Bytes.kept<N>(name)), least, most);
  }

  /** The same, or `absent`, which may be out of that range. */
  u32Or<N>(name: N, absent: u32, least: u32 = 0, most: u32 = u32.MAX_VALUE): u32 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? u32At(this.json.tape, entry, least, most) : absent;
  }

  /** An integer that an `i64` holds, however it is written. */
  i64<N>(name: N): i64 {
    return i64At(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  /** The same, or `absent`. */
  i64Or<N>(name: N, absent: i64): i64 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? i64At(this.json.tape, entry) : absent;
  }

  /** An integer that a `u64` holds, however it is written. */
  u64<N>(name: N): u64 {
    return u64At(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  /** The same, or `absent`. */
  u64Or<N>(name: N, absent: u64): u64 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? u64At(this.json.tape, entry) : absent;
  }

  /** The double that is nearest to a number; one above all doubles is an error. */
  f64<N>(name: N): f64 {
    return f64At(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  /** The same, or `absent`. */
  f64Or<N>(name: N, absent: f64): f64 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? f64At(this.json.tape, entry) : absent;
  }

  /**
   * Nanoseconds of a google.protobuf.Duration: digits, up to nine more behind a point, and an `s`, such as `"1.5s"`. A
   * negative one is an error; one of more than 584 years is `u64.MAX_VALUE`.
   */
  duration<N>(name: N): u64 {
    return durationAt(this.json.tape, this.need(Bytes.kept<N>(name)));
  }

  /** The same; `absent` is in nanoseconds too. */
  durationOr<N>(name: N, absent: u64): u64 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? durationAt(this.json.tape, entry) : absent;
  }

  /** Index of the field's string among `choices`. */
  choice<N>(name: N, choices: StaticArray<string>): i32 {
    return choiceAt(this.json.tape, this.need(Bytes.kept<N>(name)), choices);
  }

  /** The same, or `absent`. */
  choiceOr<N>(name: N, choices: StaticArray<string>, absent: i32): i32 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? choiceAt(this.json.tape, entry, choices) : absent;
  }

  /** Number of a protobuf enumeration's value, which is its index in `names`: the field has either. "" names none. */
  enumeration<N>(name: N, names: StaticArray<string>): i32 {
    return enumerationAt(this.json.tape, this.need(Bytes.kept<N>(name)), names);
  }

  /** The same, or `absent`. */
  enumerationOr<N>(name: N, names: StaticArray<string>, absent: i32): i32 {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? enumerationAt(this.json.tape, entry, names) : absent;
  }

  /** Index of that one of `names` that there is a field of. None, and several, are errors, and -1. */
  oneOf(names: StaticArray<string>): i32 {
    const index = this.oneOfOrNone(names);
    const tape = this.json.tape;
    if (index < 0 && !stopped(tape)) failNone(tape, this.entry, names);
    return index;
  }

  /** The same where none is as good: -1. */
  oneOfOrNone(names: StaticArray<string>): i32 {
    let index = -1;
    for (let i = 0; i < names.length; i++) {
      if (this.find(Bytes.of(unchecked(names[i]))) == NONE) continue;
      if (index >= 0) {
        failSeveral(this.json.tape, this.entry, unchecked(names[index]), unchecked(names[i]), names);
        return -1;
      }
      index = i;
    }
    return stopped(this.json.tape) ? -1 : index;
  }

  /** An object whose fields are known by name. Errors below it have their whole path. */
  object<N>(name: N): JsonObject {
    return new JsonObject(this.json, this.json.objectAt(this.need(Bytes.kept<N>(name))));
  }

  /** The same, or null. */
  objectOrNull<N>(name: N): JsonObject | null {
    const entry = this.find(Bytes.kept<N>(name));
    return entry != NONE ? new JsonObject(this.json, this.json.objectAt(entry)) : null;
  }

  /** An array. */
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

  /** Makes a field an error, for a rule that no getter knows: `$.rules[2].prefix: must begin with /`. */
  refuse<N, R>(name: N, reason: R): void {
    const wanted = Bytes.kept<N>(name);
    const entry = this.find(wanted);
    const because = Bytes.of<R>(reason);
    if (entry != NONE) reject(this.json.tape, entry, because.ptr, because.length);
    else rejectMember(this.json.tape, this.entry, wanted.ptr, wanted.length, because.ptr, because.length);
  }

  /** Makes the object an error. */
  refuseAll<R>(reason: R): void {
    const because = Bytes.of<R>(reason);
    reject(this.json.tape, this.entry, because.ptr, because.length);
  }

  /** The value of a field, or `NONE`. */
  private find(name: Bytes): usize {
    const json = this.json;
    const tape = json.tape;
    const entry = this.entry;
    if (entry == NONE || stopped(tape)) return NONE;
    if (json.isMessage) json.note(entry, name);
    return findField(tape, entry, name.ptr, name.length, json.isMessage);
  }

  /** As `find`; that there is none is an error. */
  private need(name: Bytes): usize {
    const value = this.find(name);
    if (value == NONE && this.entry != NONE) this.json.lack(this.entry, name);
    return value;
  }
}
