// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Protocol } from "../detect/protocol";
import { Death } from "../probes/death";
import { isDigit, isPrintable, Probe, Slot } from "../probes/probe";

const GREETING: u32 = 10;
const ERROR: u32 = 0xff;
/** Numbers of the server's errors are from 1000 to 1999 and from 3000 on. */
const LEAST_ERROR: u64 = 1000;
const MOST_ERROR: u64 = 5999;
const LEAST_LENGTH: u64 = 4;
const MOST_LENGTH: u64 = 1024;
const MOST_VERSION: i32 = 100;

/**
 * The first packet of MySQL's or MariaDB's server: length and number 0, then a greeting of version 10 with the server's
 * version as text, which says whether it is MariaDB, or an error such as that the host is blocked.
 */
@final
export class MySqlGreeting extends Probe {
  private readonly mariaDb: Bytes = Bytes.fromString("MariaDB");

  constructor() {
    super(Protocol.MySql);
  }

  /** `value` is the length, then 1 once the version says MariaDB; `count` how much of that word has come. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (index < 3) {
      const shift = <u64>(index * 8);
      slot.value |= (<u64>octet) << shift;
      if (slot.value > MOST_LENGTH) return Death.Length;
      return index < 2 || slot.value >= LEAST_LENGTH ? 0 : Death.Length;
    }
    if (index == 3) {
      slot.value = 0;
      return octet == 0 ? 0 : Death.Field;
    }
    if (index == 4) {
      slot.state = <i32>octet;
      return octet == GREETING || octet == ERROR ? 0 : Death.Version;
    }
    return slot.state == ERROR ? this.error(slot, octet, index) : this.version(slot, octet, index);
  }

  private error(slot: Slot, octet: u32, index: i32): i32 {
    if (index == 5) {
      slot.value = octet;
      return 0;
    }
    const number = slot.value | ((<u64>octet) << 8);
    return number >= LEAST_ERROR && number <= MOST_ERROR ? this.protocol : Death.Field;
  }

  private version(slot: Slot, octet: u32, index: i32): i32 {
    if (index == 5) return isDigit(octet) ? 0 : Death.Version;
    if (octet == 0) return slot.value != 0 ? Protocol.MariaDb : Protocol.MySql;
    if (!isPrintable(octet) || index > MOST_VERSION) return Death.Text;
    slot.count = <i32>octet == this.mariaDb.at(slot.count) ? slot.count + 1 : octet == 0x4d ? 1 : 0;
    if (slot.count == this.mariaDb.length) slot.value = 1;
    return 0;
  }
}
