// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isDigit, Probe, Slot } from "./probe";

/** Digits of a message's length: RFC 6587 has no bound, and 8192 octets are what is commonly taken. */
const MOST_LENGTH_DIGITS: i32 = 5;
const MOST_PRIORITY_DIGITS: i32 = 3;
/** RFC 5424 section 6.2.1: 23 facilities, 7 severities. */
const MOST_PRIORITY: u64 = 191;

enum Stage {
  First,
  Length,
  Open,
  Priority,
}

/** A priority in angle brackets (RFC 5424 section 6.2.1), perhaps with the message's length before it (RFC 6587). */
@final
export class SyslogProbe extends Probe {
  constructor() {
    super(Protocol.Syslog);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    switch (slot.state) {
      case Stage.First:
        slot.state = octet == 0x3c ? Stage.Priority : Stage.Length;
        return octet == 0x3c || octet - 0x31 < 9 ? 0 : Death.Magic;
      case Stage.Length:
        if (octet == 0x20) slot.state = Stage.Open;
        else if (!isDigit(octet) || index >= MOST_LENGTH_DIGITS) return Death.Length;
        return 0;
      case Stage.Open:
        slot.state = Stage.Priority;
        return octet == 0x3c ? 0 : Death.Magic;
      default:
        return this.priority(slot, octet);
    }
  }

  /** No zero before another digit. */
  private priority(slot: Slot, octet: u32): i32 {
    if (octet == 0x3e) return slot.count > 0 ? this.protocol : Death.Field;
    if (!isDigit(octet) || (slot.count > 0 && slot.value == 0)) return Death.Field;
    slot.value = slot.value * 10 + (octet - 0x30);
    return ++slot.count <= MOST_PRIORITY_DIGITS && slot.value <= MOST_PRIORITY ? 0 : Death.Field;
  }
}
