// SPDX-License-Identifier: Apache-2.0
import { compareOctets } from "../text/octets";
import { beginMessage, endMessage, EXPECTED, putWords } from "./message";
import { kind, NONE, QUOTE, size, start, text } from "./tape";

const ONE_OF: usize = changetype<usize>("one of ");
const COMMA: usize = changetype<usize>(", ");

/** Index of a string among `choices`, which are of ASCII; 0 when it is none of them, which is an error. */
export function choiceAt(tape: usize, entry: usize, choices: StaticArray<string>): i32 {
  if (entry == NONE) return 0;
  for (let i = 0; i < choices.length; i++)
    if (isChoice(entry, changetype<usize>(unchecked(choices[i])))) return i;
  if (beginMessage(tape, entry, EXPECTED)) {
    for (let i = 0; i < choices.length; i++) {
      putWords(i == 0 ? ONE_OF : COMMA);
      putWords(changetype<usize>(unchecked(choices[i])));
    }
    endMessage(tape, start(entry));
  }
  return 0;
}

function isChoice(entry: usize, choice: usize): bool {
  const length = load<u32>(choice - 4) >> 1;
  if (kind(entry) != QUOTE || size(entry) != length) return false;
  for (let i: usize = 0; i < <usize>length; i++) {
    if (<u16>load<u8>(text(entry) + i) != load<u16>(choice + (i << 1))) return false;
  }
  return true;
}
