// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isDigit, Probe, runSteps, Slot } from "./probe";

const CR: u32 = 0x0d;
const LF: u32 = 0x0a;
/** Digits of a count of words (at most 1,048,576) or of a length (at most 512 MiB). */
const MOST_DIGITS: i32 = 9;

/** Octet that begins each of the two numbers. */
const ARRAY: u32 = 0x2a;
const BULK: u32 = 0x24;

/**
 * A command as an array of strings: `*<count>\r\n$<length>\r\n` (RESP, "Sending commands to a Redis server"). Commands as
 * plain lines, such as `PING`, are not claimed: others have the same.
 */
@final
export class RedisProbe extends Probe {
  constructor() {
    super(Protocol.Redis);
  }

  /** `state` is 0 to 3 in the count, 4 to 7 in the length: before its mark, before its first digit, in it, before the LF. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    const part = slot.state & 3;
    if (part == 0) {
      slot.state++;
      return octet == (slot.state == 1 ? ARRAY : BULK) ? 0 : Death.Magic;
    }
    if (part == 1) {
      slot.state++;
      slot.count = 1;
      return octet - 0x31 < 9 ? 0 : Death.Length;
    }
    if (part == 2) {
      if (octet == CR) {
        slot.state++;
        return 0;
      }
      return isDigit(octet) && ++slot.count <= MOST_DIGITS ? 0 : Death.Length;
    }
    if (octet != LF) return Death.LineEnd;
    return ++slot.state == 8 ? this.protocol : 0;
  }

  run(slot: Slot, ptr: usize, from: i32, to: i32): i32 {
    return runSteps(this, slot, ptr, from, to);
  }
}
