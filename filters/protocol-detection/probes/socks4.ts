// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isPrintable, Probe, Slot } from "./probe";

const VERSION: u32 = 4;
const CONNECT: u32 = 1;
const BIND: u32 = 2;
const USER: i32 = 8;
const MOST_USER: i32 = 255;

/** A request: version, command, port, address, and a user's name, perhaps empty, that ends with a zero. */
@final
export class Socks4Probe extends Probe {
  constructor() {
    super(Protocol.Socks4);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index == 0) return octet == VERSION ? 0 : Death.Version;
    if (index == 1) return octet == CONNECT || octet == BIND ? 0 : Death.Type;
    if (index < USER) {
      slot.value |= octet;
      if (index == 3) return this.mustBeSome(slot);
      return index == USER - 1 ? this.mustBeSome(slot) : 0;
    }
    if (octet == 0) return this.protocol;
    return isPrintable(octet) && index - USER < MOST_USER ? 0 : Death.Text;
  }

  /** Neither the port nor the address is zero. */
  private mustBeSome(slot: Slot): i32 {
    const isSome = slot.value != 0;
    slot.value = 0;
    return isSome ? 0 : Death.Field;
  }
}
