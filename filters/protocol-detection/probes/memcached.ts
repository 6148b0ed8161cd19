// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { isDigit, isLower, Probe, Slot } from "./probe";

const SP: u32 = 0x20;
const CR: u32 = 0x0d;
const LF: u32 = 0x0a;
const MOST_KEY: i32 = 250;
const LETTER_BITS: u64 = 5;
/** Letters of the longest command, `flush_all` and `verbosity`. */
const MOST_LETTERS: i32 = 9;

enum Stage {
  Command,
  Arguments,
  LineFeed,
}

/** A command, and how many arguments it has; one bit in `numbers` for each that must be a number. */
class Command {
  readonly word: u64;

  constructor(
    word: string,
    readonly least: i32,
    readonly most: i32,
    readonly numbers: u32,
  ) {
    let packed: u64 = 0;
    for (let i = 0; i < word.length; i++) packed = (packed << LETTER_BITS) | letter(word.charCodeAt(i));
    this.word = packed;
  }
}

/**
 * A line of the text protocol (memcached, doc/protocol.txt): a command in small letters, as many arguments as it takes, with
 * numbers where it has numbers. The line must end with CR LF, and no argument may begin with a slash: `get / HTTP/1.1` is
 * for nobody.
 */
@final
export class MemcachedProbe extends Probe {
  private readonly commands: Array<Command> = [
    new Command("get", 1, 100, 0),
    new Command("gets", 1, 100, 0),
    new Command("gat", 2, 100, 1),
    new Command("gats", 2, 100, 1),
    new Command("set", 4, 5, 0b1110),
    new Command("add", 4, 5, 0b1110),
    new Command("replace", 4, 5, 0b1110),
    new Command("append", 4, 5, 0b1110),
    new Command("prepend", 4, 5, 0b1110),
    new Command("cas", 5, 6, 0b11110),
    new Command("incr", 2, 3, 0b10),
    new Command("decr", 2, 3, 0b10),
    new Command("touch", 2, 3, 0b10),
    new Command("delete", 1, 2, 0),
    new Command("stats", 0, 3, 0),
    new Command("version", 0, 0, 0),
    new Command("verbosity", 1, 2, 1),
    new Command("flush_all", 0, 2, 0),
    new Command("mg", 1, 20, 0),
    new Command("ms", 2, 20, 0b10),
    new Command("md", 1, 20, 0),
    new Command("ma", 1, 20, 0),
    new Command("mn", 0, 0, 0),
  ];

  constructor() {
    super(Protocol.Memcached);
  }

  /** `value` is the command, in five bits a letter, then its place; see `argument` for the rest. */
  step(slot: Slot, octet: u32, index: i32): i32 {
    if (slot.state == Stage.LineFeed) return octet == LF ? this.end(slot) : Death.LineEnd;
    if (slot.state == Stage.Arguments) return this.argument(slot, octet);
    if (octet == SP || octet == CR) return this.command(slot, octet);
    if ((!isLower(octet) && octet != 0x5f) || index >= MOST_LETTERS) return Death.Word;
    slot.value = (slot.value << LETTER_BITS) | letter(octet);
    return this.isPrefix(slot.value, index + 1) ? 0 : Death.Word;
  }

  private isPrefix(word: u64, letters: i32): bool {
    for (let i = 0; i < this.commands.length; i++) {
      const command = this.commands[i].word;
      const length = <i32>((64 - clz(command) + LETTER_BITS - 1) / LETTER_BITS);
      const shift = <u64>(length - letters) * LETTER_BITS;
      if (length >= letters && command >> shift == word) return true;
    }
    return false;
  }

  private command(slot: Slot, octet: u32): i32 {
    for (let i = 0; i < this.commands.length; i++) {
      if (this.commands[i].word != slot.value) continue;
      slot.value = i;
      slot.state = octet == CR ? Stage.LineFeed : Stage.Arguments;
      return 0;
    }
    return Death.Word;
  }

  /**
   * The lowest octet of `count` is the number of arguments, the next the length of the one that is being read; from bit 16
   * on those that are no numbers have a bit each, as far as there is room.
   */
  private argument(slot: Slot, octet: u32): i32 {
    const length = (slot.count >> 8) & 0xff;
    if (octet == SP || octet == CR) {
      slot.count &= ~0xff00;
      if (octet == CR) slot.state = Stage.LineFeed;
      return this.fits(slot) ? 0 : Death.Field;
    }
    if (octet < SP || octet == 0x7f || length >= MOST_KEY) return Death.Text;
    if (length == 0) {
      if (octet == 0x2f) return Death.Ambiguous;
      slot.count++;
      if ((slot.count & 0xff) > this.commands[<i32>slot.value].most) return Death.Field;
    }
    slot.count += 0x100;
    const place = (slot.count & 0xff) - 1;
    const isSigned = length == 0 && octet == 0x2d;
    if (!isDigit(octet) && !isSigned && place < 8) {
      const shift = 16 + place;
      slot.count |= 1 << shift;
    }
    return 0;
  }

  /** Whether what must be a number is one. */
  private fits(slot: Slot): bool {
    const numbers = this.commands[<i32>slot.value].numbers;
    return (numbers & ((<u32>slot.count) >> 16)) == 0;
  }

  private end(slot: Slot): i32 {
    return (slot.count & 0xff) >= this.commands[<i32>slot.value].least ? this.protocol : Death.Field;
  }
}

/** A letter in five bits, none of them zero: 27 for the underscore. */
@inline
function letter(code: u32): u64 {
  return code == 0x5f ? 27 : code - 0x60;
}
