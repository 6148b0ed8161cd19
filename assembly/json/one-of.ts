// SPDX-License-Identifier: Apache-2.0
import { putNames } from "./choice";
import { beginMessage, endMessage, putWords, setLacking } from "./message";
import { start } from "./tape";

// @ts-ignore: decorator
@lazy
const NEEDS: usize = changetype<usize>(": needs one of ");
// @ts-ignore: decorator
@lazy
const HAS: usize = changetype<usize>(": has ");
// @ts-ignore: decorator
@lazy
const AND: usize = changetype<usize>(" and ");
// @ts-ignore: decorator
@lazy
const ONLY: usize = changetype<usize>(", may have only one of ");

/** Records that an object has none of these fields. */
export function failNone(tape: usize, object: usize, names: StaticArray<string>): void {
  if (!beginMessage(tape, object, NEEDS)) return;
  putNames(names);
  endMessage(tape, start(object));
  setLacking(tape, object);
}

/** Records that an object has two of these fields. */
export function failSeveral(
  tape: usize,
  object: usize,
  one: string,
  other: string,
  names: StaticArray<string>,
): void {
  if (!beginMessage(tape, object, HAS)) return;
  putWords(changetype<usize>(one));
  putWords(AND);
  putWords(changetype<usize>(other));
  putWords(ONLY);
  putNames(names);
  endMessage(tape, start(object));
}
