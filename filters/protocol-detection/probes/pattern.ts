// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, runSteps, Slot } from "./probe";

const SET_BYTES: i32 = 32;

/**
 * A protocol that fixed places tell. The pattern has one item for each octet, with blanks between them: `16`, `01|02`,
 * `00-0f`, `*` for any; a text in double quotes, without blanks in it but `_` for each, stands for its octets.
 */
@final
export class PatternProbe extends Probe {
  /** For each place the octets that may be there, one bit each. */
  private readonly sets: StaticArray<u8>;
  private readonly length: i32;

  constructor(protocol: Protocol, pattern: string) {
    super(protocol);
    const items = pattern.split(" ");
    let length = 0;
    for (let i = 0; i < items.length; i++) length += places(items[i]);
    this.length = length;
    this.sets = new StaticArray<u8>(length * SET_BYTES);
    for (let i = 0, place = 0; i < items.length; i++) {
      this.addItem(items[i], place);
      place += places(items[i]);
    }
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    const bits = load<u8>(changetype<usize>(this.sets) + <usize>(index * SET_BYTES) + (octet >> 3));
    const mask = 1 << (octet & 7);
    if ((bits & mask) == 0) return Death.Magic;
    return index == this.length - 1 ? this.protocol : 0;
  }

  run(slot: Slot, ptr: usize, from: i32, to: i32): i32 {
    return runSteps(this, slot, ptr, from, to);
  }

  private addItem(item: string, place: i32): void {
    if (item.charCodeAt(0) == 0x22) {
      for (let i = 1; i < item.length - 1; i++) {
        const code = item.charCodeAt(i);
        this.add(place + i - 1, code == 0x5f ? 0x20 : code);
      }
      return;
    }
    const alternatives = item.split("|");
    for (let i = 0; i < alternatives.length; i++) {
      const alternative = alternatives[i];
      const low = alternative == "*" ? 0 : hex(alternative, 0);
      const high = alternative == "*" ? 0xff : alternative.length > 2 ? hex(alternative, 3) : low;
      for (let octet = low; octet <= high; octet++) this.add(place, octet);
    }
  }

  private add(place: i32, octet: i32): void {
    const at = place * SET_BYTES + (octet >> 3);
    const mask = 1 << (octet & 7);
    this.sets[at] = <u8>(this.sets[at] | mask);
  }
}

/** How many octets an item of a pattern stands for. */
function places(item: string): i32 {
  return item.charCodeAt(0) == 0x22 ? item.length - 2 : 1;
}

function hex(text: string, at: i32): i32 {
  return <i32>parseInt(text.substr(at, 2), 16);
}
