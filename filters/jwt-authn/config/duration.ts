// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";

const NANOSECONDS: u64 = 1_000_000;

/** Reads a google.protobuf.Duration as milliseconds; what is less than one is left off, as the native filter does. */
export function readMilliseconds(object: JsonObject, field: string, least: u64, most: u64): u64 {
  return within(object, field, object.duration(field) / NANOSECONDS, least, most);
}

/** The same for a field that may be absent. */
export function readMillisecondsOr(
  object: JsonObject,
  field: string,
  absent: u64,
  least: u64 = 0,
  most: u64 = u64.MAX_VALUE,
): u64 {
  return object.has(field) ? readMilliseconds(object, field, least, most) : absent;
}

function within(object: JsonObject, field: string, milliseconds: u64, least: u64, most: u64): u64 {
  if (milliseconds < least) object.refuse(field, limit("must not be less than ", least));
  else if (milliseconds > most) object.refuse(field, limit("must not be more than ", most));
  return milliseconds;
}

function limit(words: string, milliseconds: u64): Bytes {
  return Bytes.of(words + (<f64>milliseconds / 1000).toString() + "s");
}
