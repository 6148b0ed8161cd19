// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { JsonArray, JsonMap } from "./list";
import { bytesAt } from "./base64";
import { durationAt } from "./duration";
import { JsonKind, kindOf } from "./kind";
import { reject, stopped } from "./message";
import { JsonObject } from "./object";
import { JsonReader } from "./reader";
import { boolAt, f64At, i64At, isIntegerLiteral, numberSize, u64At } from "./scalar";
import { NONE, start } from "./tape";

/**
 * A value of whatever type, for documents that leave a choice: `const audience = claims.value("aud")`, which is a
 * string or an array. Its getters treat a value of another type as an error, as those of `JsonObject` do.
 */
@final
export class JsonValue {
  constructor(
    private readonly json: JsonReader,
    private readonly entry: usize,
  ) {}

  /** What it is; `Null` once a value is wrong. */
  get kind(): JsonKind {
    const entry = this.at;
    return entry != NONE ? kindOf(entry) : JsonKind.Null;
  }

  /** Whether it is a number that is written as an integer, of whatever size: 1.0 and 1e3 are not. */
  get isInteger(): bool {
    return this.kind == JsonKind.Number && isIntegerLiteral(this.entry);
  }

  /** A number as it is written; empty for other values. */
  get literal(): Bytes {
    const isNumber = this.kind == JsonKind.Number;
    return isNumber ? this.json.viewOf(start(this.entry), numberSize(this.entry)) : Bytes.EMPTY;
  }

  /** A string, as a view of the document. */
  string(): Bytes {
    return this.json.stringAt(this.at);
  }

  /** Octets that are written as base64. */
  bytes(): Bytes {
    return bytesAt(this.json.tape, this.at);
  }

  /** Nanoseconds of a google.protobuf.Duration. */
  duration(): u64 {
    return durationAt(this.json.tape, this.at);
  }

  /** `true` or `false`. */
  bool(): bool {
    return boolAt(this.json.tape, this.at);
  }

  /** An integer that an `i64` holds, however it is written. */
  i64(): i64 {
    return i64At(this.json.tape, this.at);
  }

  /** An integer that a `u64` holds, however it is written. */
  u64(): u64 {
    return u64At(this.json.tape, this.at);
  }

  /** The double that is nearest to a number. */
  f64(): f64 {
    return f64At(this.json.tape, this.at);
  }

  /** An object whose fields are known by name. */
  object(): JsonObject {
    return new JsonObject(this.json, this.json.objectAt(this.at));
  }

  /** An array. */
  array(): JsonArray {
    return new JsonArray(this.json, this.json.arrayAt(this.at));
  }

  /** An object whose names are data. */
  map(): JsonMap {
    return new JsonMap(this.json, this.json.objectAt(this.at));
  }

  /** Makes it an error, for a rule that no getter knows. */
  refuse<R>(reason: R): void {
    const because = Bytes.of<R>(reason);
    reject(this.json.tape, this.at, because.ptr, because.length);
  }

  private get at(): usize {
    return stopped(this.json.tape) ? NONE : this.entry;
  }
}
