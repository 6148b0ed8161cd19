// SPDX-License-Identifier: Apache-2.0
import { isNumber } from "./scalar";
import { ARRAY, kind, NONE, OBJECT, QUOTE } from "./tape";

/** What a value of a document is. */
export enum JsonKind {
  /** There is no such value. */
  Absent = -1,
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

export function kindOf(entry: usize): JsonKind {
  if (entry == NONE) return JsonKind.Absent;
  const first = kind(entry);
  if (first == QUOTE) return JsonKind.String;
  if (isNumber(first)) return JsonKind.Number;
  if (first == OBJECT) return JsonKind.Object;
  if (first == ARRAY) return JsonKind.Array;
  return first == 0x6e ? JsonKind.Null : JsonKind.Bool;
}
