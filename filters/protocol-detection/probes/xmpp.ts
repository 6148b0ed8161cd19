// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

const DECLARATION: string = "?xml";
const STREAM: string = "stream:stream";
/** Octets of an XML declaration at most. */
const MOST_DECLARATION: i32 = 128;

enum Stage {
  Open,
  Second,
  Declaration,
  InDeclaration,
  Between,
  SecondOpen,
  Stream,
  AfterStream,
}

/** A stream's header (RFC 6120 section 4.2), perhaps with an XML declaration before it. */
@final
export class XmppProbe extends Probe {
  private readonly declaration: Bytes = Bytes.fromString(DECLARATION);
  private readonly stream: Bytes = Bytes.fromString(STREAM);

  constructor() {
    super(Protocol.Xmpp);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    switch (slot.state) {
      case Stage.Open:
        slot.state = Stage.Second;
        return octet == 0x3c ? 0 : Death.Magic;
      case Stage.Second:
        slot.state = octet == 0x3f ? Stage.Declaration : Stage.Stream;
        return this.word(slot, octet);
      case Stage.Declaration:
      case Stage.Stream:
        return this.word(slot, octet);
      case Stage.InDeclaration:
        return this.inDeclaration(slot, octet, index);
      case Stage.Between:
        if (isBlank(octet)) return index < MOST_DECLARATION ? 0 : Death.Length;
        slot.state = Stage.SecondOpen;
        return octet == 0x3c ? 0 : Death.Text;
      case Stage.SecondOpen:
        slot.state = Stage.Stream;
        return this.word(slot, octet);
      default:
        return isBlank(octet) || octet == 0x3e ? this.protocol : Death.Word;
    }
  }

  private word(slot: Slot, octet: u32): i32 {
    const isDeclaration = slot.state == Stage.Declaration;
    const word = isDeclaration ? this.declaration : this.stream;
    if (<i32>octet != word.at(slot.count)) return Death.Word;
    if (++slot.count < word.length) return 0;
    slot.count = 0;
    slot.state = isDeclaration ? Stage.InDeclaration : Stage.AfterStream;
    return 0;
  }

  /** Up to `?>`; `value` is the octet before. */
  private inDeclaration(slot: Slot, octet: u32, index: i32): i32 {
    if (slot.value == 0 && !isBlank(octet)) return Death.Text;
    if (octet == 0x3e && slot.value == 0x3f) slot.state = Stage.Between;
    else if (octet == 0x3c) return Death.Text;
    slot.value = octet;
    if (!isBlank(octet) && (octet < 0x20 || octet >= 0x7f)) return Death.Text;
    return index < MOST_DECLARATION ? 0 : Death.Length;
  }
}


@inline
function isBlank(octet: u32): bool {
  return octet == 0x20 || octet == 0x0a || octet == 0x0d || octet == 0x09;
}
