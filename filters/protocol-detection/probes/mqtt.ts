// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

const CONNECT: u32 = 0x10;
/** Octets of a remaining length at most (MQTT 3.1.1 section 2.2.3). */
const MOST_LENGTH: i32 = 4;
/** Name, level, flags, keep-alive: what a CONNECT has at least. */
const LEAST_REMAINING: u64 = 10;

/** Names with their lengths before them, in memory without any. */
const MQTT: StaticArray<u8> = [0x00, 0x04, 0x4d, 0x51, 0x54, 0x54];
const MQISDP: StaticArray<u8> = [0x00, 0x06, 0x4d, 0x51, 0x49, 0x73, 0x64, 0x70];

/** A CONNECT packet up to the protocol's name and level: 3.1 (as `MQIsdp`), 3.1.1 and 5.0, of clients and of bridges. */
@final
export class MqttProbe extends Probe {
  constructor() {
    super(Protocol.Mqtt);
  }

  /** `state`: 0 type, 1 length, 2 name; `count` is the place in the part; `value` the remaining length, then the name. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (slot.state == 0) {
      slot.state = 1;
      return octet == CONNECT ? 0 : Death.Magic;
    }
    if (slot.state == 1) return this.length(slot, octet);
    if (slot.count == 1) slot.value = octet;
    const name = slot.count > 0 && slot.value == 6 ? MQISDP : MQTT;
    const place = slot.count++;
    if (place == name.length) return this.level(octet, slot.value == 6);
    if (place == 1) return octet == 4 || octet == 6 ? 0 : Death.Length;
    return octet == <u32>name[place] ? 0 : Death.Magic;
  }

  private length(slot: Slot, octet: u32): i32 {
    const shift = <u64>(slot.count * 7);
    slot.value |= (<u64>(octet & 0x7f)) << shift;
    slot.count++;
    if (octet >= 0x80) return slot.count < MOST_LENGTH ? 0 : Death.Length;
    if (slot.value < LEAST_REMAINING) return Death.Length;
    slot.state = 2;
    slot.count = 0;
    slot.value = 0;
    return 0;
  }

  /** Bridges set the highest bit. */
  private level(octet: u32, isOld: bool): i32 {
    const level = octet & 0x7f;
    if (isOld) return level == 3 ? this.protocol : Death.Version;
    return octet == 5 || level == 4 || level == 3 ? this.protocol : Death.Version;
  }
}
