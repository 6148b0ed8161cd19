// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Protocol } from "../detect/protocol";
import { Death } from "../probes/death";
import { Probe, Slot } from "../probes/probe";

const LF: u32 = 0x0a;
const CR: u32 = 0x0d;
const MINUS: u32 = 0x2d;

const FTP: u64 = 1;
const SMTP: u64 = 2;

/**
 * A reply 220, which SMTP, LMTP (RFC 5321 section 4.2) and FTP (RFC 959 section 5.4) begin with alike: the first line with
 * `SMTP` or `LMTP` in it, or `FTP`, in letters of either case, says which. The name of a host may have either, too, so that
 * SMTP counts before FTP.
 */
@final
export class TwoTwentyGreeting extends Probe {
  private readonly code: Bytes = Bytes.fromString("220");

  constructor() {
    super(Protocol.Smtp);
  }

  /** `state` is the place in the code at the beginning of a line; `count` has the last three letters; `value` what was said. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (slot.state < 3) return <i32>octet == this.code.at(slot.state++) ? 0 : Death.Magic;
    if (slot.state == 3) {
      slot.state = octet == MINUS ? 5 : 4;
      return octet == 0x20 || octet == MINUS ? 0 : Death.Magic;
    }
    if (octet == LF) return this.line(slot);
    if (octet < 0x20 && octet != CR && octet != 0x09) return Death.Text;
    this.letter(slot, octet);
    return 0;
  }

  private letter(slot: Slot, octet: u32): void {
    // ASCII letters of either case are the same; what else becomes the same is no letter.
    const last = (slot.count << 8) | (octet | 0x20);
    slot.count = last;
    const word = last & 0xffffff;
    if (word == 0x66_74_70) slot.value |= FTP;
    if (last == 0x73_6d_74_70 || last == 0x6c_6d_74_70) slot.value |= SMTP;
  }

  /** The end of a line that says nothing is that of the greeting, unless it goes on. */
  private line(slot: Slot): i32 {
    if ((slot.value & SMTP) != 0) return Protocol.Smtp;
    if ((slot.value & FTP) != 0) return Protocol.Ftp;
    if (slot.state == 4) return Death.Ambiguous;
    slot.state = 0;
    slot.count = 0;
    return 0;
  }
}
