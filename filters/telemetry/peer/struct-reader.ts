// SPDX-License-Identifier: Apache-2.0
import { Bytes, ProtobufReader } from "tremula/assembly";

// google/protobuf/struct.proto: `Struct.fields` is 1, an entry of it has a key (1) and a value (2), and of `Value` a
// string is 3 and a struct is 5.
const FIELDS: i32 = 1;
const KEY: i32 = 1;
const VALUE: i32 = 2;
const STRING: i32 = 3;
const STRUCT: i32 = 5;

/**
 * Steps through the members of a serialized `google.protobuf.Struct`, in place. Members that are neither strings nor
 * structs have neither. What does not parse ends it, and `malformed` says so; nothing traps.
 */
@final
export class StructReader {
  private readonly message: ProtobufReader;
  private broken: bool = false;
  /** Of the current member. */
  key: Bytes = Bytes.EMPTY;
  /** Its value when that is a string, and else null. */
  string: Bytes | null = null;
  /** Its value when that is a struct, serialized, and else null. */
  struct: Bytes | null = null;

  constructor(struct: Bytes) {
    this.message = new ProtobufReader(struct);
  }

  /** Steps to the next member. @returns false at the end, or where the message makes no sense */
  next(): bool {
    const message = this.message;
    while (message.next()) {
      if (message.field != FIELDS) continue;
      this.readEntry(message.nested);
      return !this.broken;
    }
    return false;
  }

  get malformed(): bool {
    return this.broken || this.message.malformed;
  }

  private readEntry(entry: ProtobufReader): void {
    this.key = Bytes.EMPTY;
    this.string = null;
    this.struct = null;
    while (entry.next()) {
      if (entry.field == KEY) this.key = entry.bytes;
      else if (entry.field == VALUE) this.readValue(entry.nested);
    }
    if (entry.malformed) this.broken = true;
  }

  /** The last kind of value wins, as in any `oneof`. */
  private readValue(value: ProtobufReader): void {
    while (value.next()) {
      this.string = value.field == STRING ? value.bytes : null;
      this.struct = value.field == STRUCT ? value.bytes : null;
    }
    if (value.malformed) this.broken = true;
  }
}
