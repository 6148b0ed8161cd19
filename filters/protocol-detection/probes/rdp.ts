// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

const TPKT: u32 = 3;
const CONNECTION_REQUEST: u32 = 0xe0;
/** Headers of TPKT and of the request. */
const HEAD: i32 = 11;
/** The TPKT header and the octet with the request's length. */
const OUTSIDE: u64 = 5;
/** A request has one octet for its length, of which 255 is reserved. */
const MOST: u64 = 259;

/** A connection request of X.224 in a packet of RFC 2126: [MS-RDPBCGR] section 2.2.1.1. Both lengths must agree. */
@final
export class RdpProbe extends Probe {
  constructor() {
    super(Protocol.Rdp);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    switch (index) {
      case 0:
        return octet == TPKT ? 0 : Death.Magic;
      case 1:
        return octet == 0 ? 0 : Death.Magic;
      case 2:
        slot.value = octet << 8;
        return octet <= 1 ? 0 : Death.Length;
      case 3:
        slot.value |= octet;
        return slot.value >= <u64>HEAD && slot.value <= MOST ? 0 : Death.Length;
      case 4:
        return octet + OUTSIDE == slot.value ? 0 : Death.Length;
      case 5:
        return octet == CONNECTION_REQUEST ? 0 : Death.Type;
      default:
        // References and class: all zero in a request.
        if (octet != 0) return Death.Field;
        return index == HEAD - 1 ? this.protocol : 0;
    }
  }
}
