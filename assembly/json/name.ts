// SPDX-License-Identifier: Apache-2.0
import { compareOctets } from "../text/octets";
import { DUPLICATE, refuse } from "./message";
import { after, ENTRY, kind, KNOWN, NONE, setFlag, size, text } from "./tape";

const UNDERSCORE: u32 = 0x5f;

/**
 * The value of an object's field by its name; `NONE` when there is none, or null.
 *
 * @param orCamelCase finds the name's `lowerCamelCase` form too, and refuses an object that has both
 */
export function findField(tape: usize, object: usize, name: usize, length: i32, orCamelCase: bool): usize {
  const end = after(object);
  let found = NONE;
  for (let field = object + ENTRY; field < end; field = after(field + ENTRY)) {
    const is =
      size(field) == length
        ? compareOctets(text(field), name, <usize>length) == 0
        : orCamelCase && isCamelCase(field, name, name + <usize>length);
    if (!is) continue;
    // No name comes twice in one spelling, so this is one name in both.
    if (found != NONE) return refuse(tape, field, DUPLICATE);
    found = field;
  }
  if (found == NONE) return NONE;
  setFlag(found, KNOWN);
  return kind(found + ENTRY) != 0x6e ? found + ENTRY : NONE;
}

/** As proto3 JSON makes field names: underscores go, and letters after them become capitals. */
function isCamelCase(field: usize, name: usize, nameEnd: usize): bool {
  let at = text(field);
  const end = at + <usize>size(field);
  let capital: u32 = 0;
  for (; name < nameEnd; name++) {
    const octet = <u32>load<u8>(name);
    if (octet == UNDERSCORE) {
      capital = 0x20;
      continue;
    }
    if (at == end || load<u8>(at) != octet - (octet - 0x61 < 26 ? capital : 0)) return false;
    at++;
    capital = 0;
  }
  return at == end;
}
