// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

const LETTERS: i32 = 4;

/** Words that nothing else begins with, so that four octets decide: clients of `ruok` send no more. */
const PLAIN: StaticArray<string> = ["ruok", "srvr", "mntr", "isro", "wchs", "wchc", "wchp", "crst", "srst"];
/** Words that others begin with (memcached's `stats`): what follows decides. */
const SHORT: StaticArray<string> = ["stat", "conf", "cons", "dump", "envi", "dirs", "hash"];

/** One of the words of four letters (ZooKeeper administrator's guide, "The Four Letter Words"), as monitors send them. */
@final
export class ZooKeeperWordProbe extends Probe {
  constructor() {
    super(Protocol.ZooKeeper);
  }

  /** `value` has a bit for each word that may be it, those of `PLAIN` first. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index == LETTERS) return octet == 0x0a || octet == 0x0d ? this.protocol : Death.Word;
    const words = PLAIN.length + SHORT.length;
    if (index == 0) slot.value = ((<u64>1) << (<u64>words)) - 1;
    let left: u64 = 0;
    for (let rest = slot.value; rest != 0; rest &= rest - 1) {
      const number = <i32>ctz(rest);
      if (<u32>wordAt(number).charCodeAt(index) == octet) left |= rest & (0 - rest);
    }
    slot.value = left;
    slot.count = index + 1;
    if (left == 0) return Death.Word;
    return index == LETTERS - 1 && <i32>ctz(left) < PLAIN.length ? this.protocol : 0;
  }

  finish(slot: Slot): i32 {
    return slot.count == LETTERS ? this.protocol : 0;
  }
}

function wordAt(number: i32): string {
  return number < PLAIN.length ? PLAIN[number] : SHORT[number - PLAIN.length];
}
