// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

const SEQUENCE: u32 = 0x30;
const INTEGER: u32 = 0x02;
/** The least that a message can be: its number and an operation without content. */
const LEAST: u64 = 5;
const MOST: u64 = 0xfffff;

/** Operations that a client may begin with (RFC 4511 section 4.1.1): bind, search, extended (StartTLS), compare. */
const BIND: u32 = 0x60;
const SEARCH: u32 = 0x63;
const COMPARE: u32 = 0x6e;
const EXTENDED: u32 = 0x77;

enum Stage {
  Tag,
  Length,
  LongLength,
  NumberTag,
  NumberLength,
  Number,
  Operation,
}

/** A message's envelope: a sequence with its length, short or long (as Active Directory has it), a number, an operation. */
@final
export class LdapProbe extends Probe {
  constructor() {
    super(Protocol.Ldap);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    switch (slot.state) {
      case Stage.Tag:
        slot.state = Stage.Length;
        return octet == SEQUENCE ? 0 : Death.Magic;
      case Stage.Length:
        return this.length(slot, octet);
      case Stage.LongLength:
        slot.value = (slot.value << 8) | octet;
        if (--slot.count > 0) return 0;
        return this.endLength(slot);
      case Stage.NumberTag:
        slot.state = Stage.NumberLength;
        return octet == INTEGER ? 0 : Death.Field;
      case Stage.NumberLength:
        slot.state = Stage.Number;
        slot.count = <i32>octet;
        return octet - 1 < 4 ? 0 : Death.Length;
      case Stage.Number:
        if (--slot.count == 0) slot.state = Stage.Operation;
        return 0;
      default:
        return isFirst(octet) ? this.protocol : Death.Type;
    }
  }

  private length(slot: Slot, octet: u32): i32 {
    slot.value = octet;
    if (octet < 0x80) return this.endLength(slot);
    slot.value = 0;
    slot.count = <i32>(octet & 0x7f);
    slot.state = Stage.LongLength;
    return slot.count - 1 < 4 && slot.count > 0 ? 0 : Death.Length;
  }

  private endLength(slot: Slot): i32 {
    slot.state = Stage.NumberTag;
    return slot.value >= LEAST && slot.value <= MOST ? 0 : Death.Length;
  }
}

function isFirst(operation: u32): bool {
  return operation == BIND || operation == SEARCH || operation == EXTENDED || operation == COMPARE;
}
