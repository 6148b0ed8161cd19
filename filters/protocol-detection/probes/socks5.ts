// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

const VERSION: u32 = 5;
/** Methods that have been assigned (RFC 1928 section 3 and the IANA registry): 0 to 9. */
const METHODS: u32 = 10;

/** A greeting (RFC 1928 section 3): version, number of methods, and as many methods, each once. */
@final
export class Socks5Probe extends Probe {
  constructor() {
    super(Protocol.Socks5);
  }

  /** `count` methods are to come; `value` has a bit for each that has. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index == 0) return octet == VERSION ? 0 : Death.Version;
    if (index == 1) {
      slot.count = <i32>octet;
      return octet - 1 < METHODS ? 0 : Death.Length;
    }
    if (octet >= METHODS) return Death.Field;
    const bit = (<u64>1) << (<u64>octet);
    if ((slot.value & bit) != 0) return Death.Field;
    slot.value |= bit;
    return --slot.count == 0 ? this.protocol : 0;
  }
}
