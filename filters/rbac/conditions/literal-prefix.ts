// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

const BACKSLASH: u32 = 0x5c;
const BAR: i32 = 0x7c;
const CARET: i32 = 0x5e;

/** The octets that all texts begin with which a regular expression matches as a whole, so far as that is easy to see. */
@final
export class LiteralPrefix {
  /** Empty when nothing is known. */
  readonly text: Bytes;
  /** Whether the expression matches this text only. */
  readonly isWhole: bool;

  constructor(expression: Bytes) {
    const text = new ByteWriter(expression.length);
    const end = expression.length;
    let at = expression.at(0) == CARET ? 1 : 0;
    // An alternative anywhere may be one to all that is before it.
    let isKnown = expression.indexOfByte(BAR) < 0;
    while (isKnown && at < end) {
      const octet = <u32>expression.at(at);
      const isEscaped = octet == BACKSLASH;
      const literal = isEscaped ? <u32>expression.at(at + 1) : octet;
      const next = at + (isEscaped ? 2 : 1);
      isKnown = (isEscaped ? isPunctuation(literal) : isPlain(literal)) && !isRepeated(expression.at(next));
      if (!isKnown) break;
      text.writeByte(<u8>literal);
      at = next;
    }
    this.text = text.toBytes();
    this.isWhole = at == end && end > 0;
  }
}

/** What stands for itself. Octets of UTF-8 do too, but end the prefix: what repeats them repeats a part of a letter. */
export function isPlain(octet: u32): bool {
  const letter = (octet | 0x20) - 0x61;
  if (letter < 26 || octet - 0x30 < 10) return true;
  switch (octet) {
    case 0x20: // space
    case 0x21: // !
    case 0x22: // "
    case 0x23: // #
    case 0x25: // %
    case 0x26: // &
    case 0x27: // '
    case 0x2c: // ,
    case 0x2d: // -
    case 0x2f: // /
    case 0x3a: // :
    case 0x3b: // ;
    case 0x3c: // <
    case 0x3d: // =
    case 0x3e: // >
    case 0x40: // @
    case 0x5f: // _
    case 0x60: // `
    case 0x7e: // ~
      return true;
    default:
      return false;
  }
}

/** What stands for itself behind a backslash: letters and digits there mean something else. */
export function isPunctuation(octet: u32): bool {
  const letter = (octet | 0x20) - 0x61;
  return octet > 0x20 && octet < 0x7f && letter >= 26 && octet - 0x30 >= 10 && octet != 0x5f;
}

/** Whether this is said of what is before it: `*`, `+`, `?`, `{`. */
function isRepeated(octet: i32): bool {
  return octet == 0x2a || octet == 0x2b || octet == 0x3f || octet == 0x7b;
}
