// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, JsonMap, JsonObject } from "tremula/assembly";

const UNDERSCORE: i32 = 0x5f;

/**
 * Index of the only field of a message that is nothing but a oneof; anything else is an error, and -1. `JsonObject.oneOf` asks
 * for one name after the other and remembers them all for its errors, which for tens of thousands of messages takes more
 * memory than the messages.
 *
 * @param fields the same message as a map
 * @param names in snake_case
 */
export function onlyField(message: JsonObject, fields: JsonMap, names: StaticArray<string>): i32 {
  if (fields.length == 1) {
    const key = fields.key(0);
    for (let i = 0; i < names.length; i++) if (isField(key, unchecked(names[i]))) return i;
  }
  const reason = new ByteWriter(128).write("must have one of ");
  for (let i = 0; i < names.length; i++) reason.write(i > 0 ? ", " : "").write(unchecked(names[i]));
  message.refuseAll(reason.write(", and nothing else"));
  return -1;
}

/** Whether a key is a name, in snake_case or in lowerCamelCase. */
function isField(key: Bytes, name: string): bool {
  const size = name.length;
  let at = 0;
  let isCamel = true;
  let isSnake = key.length == size;
  let capital = 0;
  for (let i = 0; i < size; i++) {
    const octet = name.charCodeAt(i);
    if (isSnake && key.at(i) != octet) isSnake = false;
    if (octet == UNDERSCORE) {
      capital = 0x20;
      continue;
    }
    if (isCamel && key.at(at) != octet - capital) isCamel = false;
    at++;
    capital = 0;
  }
  return isSnake || (isCamel && at == key.length);
}
