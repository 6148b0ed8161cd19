// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isDigit, isLower, isUpper, Probe, Slot } from "./probe";

const MOST_NAME: i32 = 128;

enum Stage {
  Request,
  FirstBlank,
  Name,
  Major,
  Minor,
}

/** The request ID of tinc's meta protocol: `0 name 17.minor`, or `0 name 17`, and a line feed. */
@final
export class TincProbe extends Probe {
  constructor() {
    super(Protocol.Tinc);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    switch (slot.state) {
      case Stage.Request:
        slot.state = Stage.FirstBlank;
        return octet == 0x30 ? 0 : Death.Magic;
      case Stage.FirstBlank:
        slot.state = Stage.Name;
        return octet == 0x20 ? 0 : Death.Magic;
      case Stage.Name:
        return this.name(slot, octet);
      case Stage.Major:
        return this.major(slot, octet);
      default:
        if (octet == 0x0a) return slot.count > 0 ? this.protocol : Death.Version;
        return isDigit(octet) && ++slot.count < 4 ? 0 : Death.Version;
    }
  }

  private name(slot: Slot, octet: u32): i32 {
    if (octet == 0x20) {
      if (slot.count == 0) return Death.Text;
      slot.state = Stage.Major;
      slot.count = 0;
      return 0;
    }
    const isWord = isLower(octet) || isUpper(octet) || isDigit(octet) || octet == 0x5f;
    return isWord && ++slot.count <= MOST_NAME ? 0 : Death.Text;
  }

  /** 17, since 2000. */
  private major(slot: Slot, octet: u32): i32 {
    const place = slot.count++;
    if (place == 0) return octet == 0x31 ? 0 : Death.Version;
    if (place == 1) return octet == 0x37 ? 0 : Death.Version;
    if (octet == 0x0a) return this.protocol;
    slot.state = Stage.Minor;
    slot.count = 0;
    return octet == 0x2e ? 0 : Death.Version;
  }
}
