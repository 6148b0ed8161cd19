// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isUpper, Probe, Slot } from "./probe";

const STARTUP: u32 = 1;
const OPTIONS: u32 = 5;
const MOST_VERSION: u32 = 5;
/** From version 3 on streams have two octets. */
const WIDE_STREAMS: u32 = 3;
/** The flag of versions that are not final. */
const FLAG_BETA: u32 = 0x10;
/** A map of one pair of short strings, and what a STARTUP has at most. */
const LEAST_STARTUP: u64 = 8;
const MOST_STARTUP: u64 = 4096;
const MOST_KEY: u32 = 64;

/**
 * A frame's header and its message (CQL binary protocol, sections 2 and 4.1): OPTIONS, which has no body, or STARTUP, whose
 * body is a map, the first key of which is a word such as `CQL_VERSION`.
 */
@final
export class CassandraProbe extends Probe {
  constructor() {
    super(Protocol.Cassandra);
  }

  /** `state` is the place as of version 3; `count` is the opcode, then the key's remainder; `value` is the length. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    const place = slot.state++;
    if (place >= 9) return this.startup(slot, octet, place - 9);
    if (place >= 5) return this.length(slot, octet, place == 8);
    switch (place) {
      case 0:
        slot.count = <i32>octet;
        return octet - 1 < MOST_VERSION ? 0 : Death.Version;
      case 1:
        if (<u32>slot.count < WIDE_STREAMS) slot.state++;
        return octet == 0 || octet == FLAG_BETA ? 0 : Death.Field;
      case 4:
        slot.count = <i32>octet;
        return octet == STARTUP || octet == OPTIONS ? 0 : Death.Type;
      default:
        return 0;
    }
  }

  private length(slot: Slot, octet: u32, isLast: bool): i32 {
    slot.value = (slot.value << 8) | octet;
    if (slot.count == OPTIONS) {
      if (octet != 0) return Death.Length;
      return isLast ? this.protocol : 0;
    }
    if (slot.value > MOST_STARTUP) return Death.Length;
    return !isLast || slot.value >= LEAST_STARTUP ? 0 : Death.Length;
  }

  private startup(slot: Slot, octet: u32, place: i32): i32 {
    if (place == 0 || place == 2) return octet == 0 ? 0 : Death.Length;
    if (place == 1) return octet > 0 ? 0 : Death.Length;
    if (place == 3) {
      slot.count = <i32>octet;
      return octet > 0 && octet <= MOST_KEY && <u64>(octet + 6) <= slot.value ? 0 : Death.Length;
    }
    if (!isUpper(octet) && octet != 0x5f) return Death.Text;
    return --slot.count == 0 ? this.protocol : 0;
  }
}
