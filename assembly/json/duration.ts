// SPDX-License-Identifier: Apache-2.0
import { fail } from "./message";
import { isDigit } from "./number";
import { kind, NONE, QUOTE, size, start, text } from "./tape";

// @ts-ignore: decorator
@lazy
const DURATION: usize = changetype<usize>("a duration that is not negative, such as 1.5s");

const NANOSECONDS: u64 = 1_000_000_000;
/** That of google.protobuf.Duration, ten thousand years. */
const MOST_SECONDS: u64 = 315_576_000_000;

/** Nanoseconds of a google.protobuf.Duration as JSON writes it; those above 2^64 - 1, 584 years, are that. */
export function durationAt(tape: usize, entry: usize): u64 {
  if (entry == NONE) return 0;
  if (kind(entry) == QUOTE) {
    const at = text(entry);
    const end = at + <usize>size(entry) - 1;
    if (size(entry) > 1 && load<u8>(end) == 0x73 && readSeconds(at, end)) return nanoseconds;
  }
  fail(tape, entry, start(entry), DURATION);
  return 0;
}

let nanoseconds: u64 = 0;

/** Digits, and up to nine more behind a point. */
function readSeconds(at: usize, end: usize): bool {
  const first = at;
  let seconds: u64 = 0;
  for (; isDigit(load<u8>(at)); at++) {
    seconds = seconds * 10 + load<u8>(at) - 0x30;
    if (seconds > MOST_SECONDS) return false;
  }
  if (at == first) return false;
  let fraction: u64 = 0;
  if (at < end) {
    if (load<u8>(at) != 0x2e || end - at < 2 || end - at > 10) return false;
    let unit = NANOSECONDS;
    for (at++; at < end; at++) {
      if (!isDigit(load<u8>(at))) return false;
      unit /= 10;
      fraction += unit * (load<u8>(at) - 0x30);
    }
  }
  const most = (u64.MAX_VALUE - fraction) / NANOSECONDS;
  nanoseconds = seconds > most ? u64.MAX_VALUE : seconds * NANOSECONDS + fraction;
  return true;
}
