// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonDocument, JsonEntry, JsonKind, MatchedValue, ValueKind } from "tremula/assembly";

/** A value of a JSON document, as if it were metadata: one object, used for one value after another. */
@final
export class JsonMatchedValue extends MatchedValue {
  private entry: JsonEntry = 0;
  /** The element that `at` has given last, and its index. */
  private current: JsonEntry = 0;
  private index: i32 = -1;
  private element: JsonMatchedValue | null = null;

  constructor(private readonly document: JsonDocument) {
    super();
  }

  /** Becomes another value; 0 is none. */
  set(entry: JsonEntry): JsonMatchedValue {
    this.entry = entry;
    this.index = -1;
    this.current = 0;
    return this;
  }

  /** Becomes the value at a path below an object, from one of its parts on. */
  setBelow(object: JsonEntry, path: Array<Bytes>, from: i32): JsonMatchedValue {
    let entry = object;
    for (let i = from; i < path.length; i++) entry = this.document.member(entry, unchecked(path[i]));
    return this.set(entry);
  }

  get kind(): ValueKind {
    switch (this.document.kind(this.entry)) {
      case JsonKind.Null:
        return ValueKind.Null;
      case JsonKind.Bool:
        return ValueKind.Bool;
      case JsonKind.Number:
        return ValueKind.Number;
      case JsonKind.String:
        return ValueKind.String;
      case JsonKind.Array:
        return ValueKind.List;
      case JsonKind.Object:
        return ValueKind.Struct;
      default:
        return ValueKind.Absent;
    }
  }

  get number(): f64 {
    return this.document.f64(this.entry);
  }

  get bool(): bool {
    return this.document.bool(this.entry);
  }

  get string(): Bytes {
    return this.document.string(this.entry);
  }

  get count(): i32 {
    return this.kind == ValueKind.List ? this.document.count(this.entry) : 0;
  }

  /** The same object each time. */
  at(index: i32): MatchedValue {
    let element = this.element;
    if (element === null) {
      element = new JsonMatchedValue(this.document);
      this.element = element;
    }
    if (index < this.index || this.index < 0) {
      this.index = 0;
      this.current = this.document.first(this.entry);
    }
    for (; this.index < index && this.current != 0; this.index++) {
      this.current = this.document.next(this.entry, this.current);
    }
    return element.set(this.current);
  }
}
