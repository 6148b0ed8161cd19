// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

const POINT: i32 = 0x2e;

/**
 * Reads a duration as Go and Abseil write it: `15s`, `1m30s`, `0.1s`, `500ms`. What is less than a millisecond is left off.
 *
 * @returns milliseconds, or -1 for anything else, for negative ones, and for those of more than a year
 */
export function readDuration(text: Bytes): i64 {
  let total: f64 = 0;
  let at = 0;
  if (text.isEmpty) return -1;
  if (text.equals("0")) return 0;
  while (at < text.length) {
    const start = at;
    let number: f64 = 0;
    let scale: f64 = 0;
    for (; at < text.length; at++) {
      const octet = text.at(at);
      if (octet == POINT && scale == 0) {
        scale = 1;
        continue;
      }
      const digit = octet - 0x30;
      if (<u32>digit > 9) break;
      number = number * 10 + <f64>digit;
      scale *= 10;
    }
    if (at == start || (at == start + 1 && text.at(start) == POINT)) return -1;
    const unit = at;
    while (at < text.length && <u32>(text.at(at) - 0x61) < 26) at++;
    const milliseconds = unitOf(text.slice(unit, at));
    if (milliseconds < 0) return -1;
    total += (scale > 0 ? number / scale : number) * milliseconds;
  }
  return total <= 31_536_000_000.0 ? <i64>total : -1;
}

/** Milliseconds of a unit; less than 0 when there is none of this name. */
function unitOf(name: Bytes): f64 {
  if (name.equals("s")) return 1000;
  if (name.equals("ms")) return 1;
  if (name.equals("m")) return 60_000;
  if (name.equals("h")) return 3_600_000;
  if (name.equals("us")) return 0.001;
  if (name.equals("ns")) return 0.000001;
  return -1;
}
