// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

/** Length, header (RFC 1035 section 4.2.2 and 4.1.1). */
const LENGTH: i32 = 2;
const HEADER: i32 = 14;
/** A header and a question for the root. */
const LEAST: u64 = 17;
/** Queries are small; signed updates may be larger than the 512 octets of a datagram. */
const MOST: u64 = 4096;
const MOST_LABEL: u32 = 63;
const MOST_NAME: i32 = 255;

const OPCODE_NOTIFY: u32 = 4;
const OPCODE_UPDATE: u32 = 5;

/**
 * A query over TCP: a length, then a message that asks exactly one question and answers none, and that question's name,
 * type and class, all within the length.
 */
@final
export class DnsProbe extends Probe {
  constructor() {
    super(Protocol.Dns);
  }

  /** `value` is the length; `state` the labels' remainder, then what is read behind the name; `count` the name's octets. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index < LENGTH) {
      slot.value = (slot.value << 8) | octet;
      if (index == 0) return octet <= <u32>(MOST >> 8) ? 0 : Death.Length;
      return slot.value >= LEAST && slot.value <= MOST ? 0 : Death.Length;
    }
    if (index < HEADER) return this.header(slot, octet, index - LENGTH);
    if (<u64>(index - LENGTH) >= slot.value) return Death.Length;
    if (slot.state >= 0) return this.name(slot, octet);
    return this.question(slot, octet);
  }

  private header(slot: Slot, octet: u32, at: i32): i32 {
    if (at < 2) return 0;
    if (at == 2) return this.flags(slot, octet);
    // No recursion available, no reserved bit, no error.
    if (at == 3) return (octet & 0xcf) == 0 ? 0 : Death.Field;
    if ((at & 1) == 0) return octet == 0 ? 0 : Death.Field;
    if (at == 5) return octet == 1 ? 0 : Death.Field;
    // Answers, authorities, additional records: a few of those that a request can have.
    const most: u32 = at == 7 ? slot.state : at == 9 ? 32 : 4;
    if (at == 11) slot.state = 0;
    return octet <= most ? 0 : Death.Field;
  }

  /** A request, with the opcodes of queries, notifications and updates; only the last two may have what `state` allows. */
  private flags(slot: Slot, octet: u32): i32 {
    const opcode = (octet >> 3) & 15;
    if ((octet & 0x82) != 0) return Death.Type;
    if (opcode == 0) return (octet & 4) == 0 ? 0 : Death.Field;
    slot.state = 32;
    return opcode == OPCODE_NOTIFY || opcode == OPCODE_UPDATE ? 0 : Death.Type;
  }

  private name(slot: Slot, octet: u32): i32 {
    if (++slot.count > MOST_NAME) return Death.Length;
    if (slot.state > 0) slot.state--;
    else if (octet == 0) slot.state = -1;
    else if (octet > MOST_LABEL) return Death.Length;
    else slot.state = <i32>octet;
    return 0;
  }

  /** Type and class; `state` goes from -1 to -4. */
  private question(slot: Slot, octet: u32): i32 {
    const part = slot.state--;
    if (part == -1) {
      slot.count = <i32>octet;
      return 0;
    }
    if (part == -2) return (slot.count | octet) != 0 ? 0 : Death.Field;
    if (part == -3) return octet == 0 ? 0 : Death.Field;
    const isClass = octet == 1 || octet == 3 || octet == 4 || octet >= 254;
    return isClass ? this.protocol : Death.Field;
  }
}
