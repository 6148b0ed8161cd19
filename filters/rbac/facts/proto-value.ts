// SPDX-License-Identifier: Apache-2.0
import { Bytes, MatchedValue, ValueKind } from "tremula/assembly";
import { WireCursor } from "./wire-cursor";

// google.protobuf.Value: null 1, number 2, string 3, bool 4, struct 5, list 6. A Struct's field 1 is its map, a ListValue's
// its elements; the entries of a map have the key in 1 and the value in 2 (google/protobuf/struct.proto).
const KEY: u32 = 1;
const VALUE: u32 = 2;

/** A value of metadata as Envoy serializes it: one object, used for one value after another. */
@final
export class ProtoValue extends MatchedValue {
  private _kind: ValueKind = ValueKind.Absent;
  private payload: u64 = 0;
  private ptr: usize = 0;
  private length: i32 = 0;
  private _count: i32 = 0;
  /** Steps through the list: `reached` elements have been seen. */
  private readonly elements: WireCursor = new WireCursor();
  private reached: i32 = 0;
  private readonly cursor: WireCursor = new WireCursor();
  /** For the elements of a list, made when one is asked for. */
  private element: ProtoValue | null = null;

  /** There is nothing. */
  setAbsent(): ProtoValue {
    this._kind = ValueKind.Absent;
    return this;
  }

  /** Becomes the Value of so many octets. */
  set(ptr: usize, length: i32): ProtoValue {
    const cursor = this.cursor;
    // A Value without any field is a null, as Envoy's own code reads it.
    this._kind = ValueKind.Null;
    cursor.begin(ptr, length);
    while (cursor.next()) {
      const field = cursor.field;
      this.payload = cursor.value;
      this.ptr = cursor.ptr;
      this.length = cursor.length;
      if (field == 2) this._kind = ValueKind.Number;
      else if (field == 3) this._kind = ValueKind.String;
      else if (field == 4) this._kind = ValueKind.Bool;
      else if (field == 5) this._kind = ValueKind.Struct;
      else if (field == 6) this._kind = ValueKind.List;
      else this._kind = ValueKind.Null;
    }
    if (this._kind == ValueKind.List) this.countElements();
    return this;
  }

  /** Becomes the value at a path below a Struct. */
  setBelow(ptr: usize, length: i32, path: Array<Bytes>): ProtoValue {
    for (let i = 0; i < path.length; i++) {
      if (i > 0) {
        this.set(ptr, length);
        if (this._kind != ValueKind.Struct) return this.setAbsent();
        ptr = this.ptr;
        length = this.length;
      }
      if (!this.findField(ptr, length, unchecked(path[i]))) return this.setAbsent();
      ptr = this.ptr;
      length = this.length;
    }
    return this.set(ptr, length);
  }

  /** Finds an entry of the map in field 1 of a message: its value is then at `ptr`. */
  findField(ptr: usize, length: i32, name: Bytes): bool {
    const entries = this.elements;
    const entry = this.cursor;
    let isFound = false;
    entries.begin(ptr, length);
    while (entries.next() && !isFound) {
      if (entries.field != 1) continue;
      let isWanted = name.isEmpty;
      let value: usize = entries.ptr;
      let size = 0;
      entry.begin(entries.ptr, entries.length);
      while (entry.next()) {
        if (entry.field == KEY) {
          isWanted =
            entry.length == name.length && memory.compare(entry.ptr, name.ptr, <usize>name.length) == 0;
        } else if (entry.field == VALUE) {
          value = entry.ptr;
          size = entry.length;
        }
      }
      if (!isWanted) continue;
      this.ptr = value;
      this.length = size;
      isFound = true;
    }
    return isFound;
  }

  /** Address of the string, or of what `findField` has found. */
  get textPtr(): usize {
    return this.ptr;
  }

  get textLength(): i32 {
    return this.length;
  }

  get kind(): ValueKind {
    return this._kind;
  }

  get number(): f64 {
    return reinterpret<f64>(this.payload);
  }

  get bool(): bool {
    return this.payload != 0;
  }

  get string(): Bytes {
    return Bytes.fromMemory(null, this.ptr, this.length);
  }

  get count(): i32 {
    return this._kind == ValueKind.List ? this._count : 0;
  }

  /** The same object each time. */
  at(index: i32): MatchedValue {
    let element = this.element;
    if (element === null) {
      element = new ProtoValue();
      this.element = element;
    }
    if (this._kind != ValueKind.List || <u32>index >= <u32>this._count) return element.setAbsent();
    const elements = this.elements;
    if (index < this.reached) {
      this.reached = 0;
      elements.begin(this.ptr, this.length);
    }
    while (this.reached <= index && elements.next()) if (elements.field == 1) this.reached++;
    return element.set(elements.ptr, elements.length);
  }

  private countElements(): void {
    const elements = this.elements;
    elements.begin(this.ptr, this.length);
    this._count = 0;
    while (elements.next()) if (elements.field == 1) this._count++;
    this.reached = 0;
    elements.begin(this.ptr, this.length);
  }
}
