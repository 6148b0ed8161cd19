// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { JsonArray, JsonMap } from "./list";
import { JsonObject } from "./object";
import { JsonReader } from "./reader";
import { boolAt, f64At, i64At } from "./scalar";
import { ARRAY, kind, NONE, OBJECT, QUOTE } from "./tape";

export enum JsonKind {
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

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

  /** What it is; `Null` once something is wrong. */
  get kind(): JsonKind {
    const entry = this.at;
    if (entry == NONE) return JsonKind.Null;
    switch (kind(entry)) {
      case OBJECT:
        return JsonKind.Object;
      case ARRAY:
        return JsonKind.Array;
      case QUOTE:
        return JsonKind.String;
      case 0x66:
      case 0x74:
        return JsonKind.Bool;
      case 0x6e:
        return JsonKind.Null;
      default:
        return JsonKind.Number;
    }
  }

  string(): Bytes {
    return this.json.stringAt(this.at);
  }

  bool(): bool {
    return boolAt(this.json.tape, this.at);
  }

  i64(): i64 {
    return i64At(this.json.tape, this.at);
  }

  f64(): f64 {
    return f64At(this.json.tape, this.at);
  }

  object(): JsonObject {
    return new JsonObject(this.json, this.json.objectAt(this.at));
  }

  array(): JsonArray {
    return new JsonArray(this.json, this.json.arrayAt(this.at));
  }

  map(): JsonMap {
    return new JsonMap(this.json, this.json.objectAt(this.at));
  }

  private get at(): usize {
    return this.json.failed ? NONE : this.entry;
  }
}
