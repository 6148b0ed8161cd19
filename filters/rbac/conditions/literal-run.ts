// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { isPlain, isPunctuation } from "./literal-prefix";

const BACKSLASH: i32 = 0x5c;

/**
 * The longest octets that are in every text which a regular expression matches as a whole, so far as that is easy to see:
 * those that stand outside of groups and classes and are not repeated. `.*\/ns\/foo\/.*` requires `/ns/foo/`.
 */
@final
export class LiteralRun {
  /** Empty when nothing is known. */
  text: Bytes = Bytes.EMPTY;
  /** Whether all texts end with it. */
  isEnd: bool = false;
  private readonly run: ByteWriter = new ByteWriter(64);
  private at: i32 = 0;
  private depth: i32 = 0;

  constructor(private readonly expression: Bytes) {
    let isKnown = true;
    while (isKnown && this.at < expression.length) isKnown = this.step();
    if (isKnown) {
      this.finish(true);
    } else {
      this.text = Bytes.EMPTY;
      this.isEnd = false;
    }
  }

  /** Reads what comes next; false when it is something that this does not know. */
  private step(): bool {
    const octet = this.expression.at(this.at);
    const next = this.expression.at(this.at + 1);
    if (octet == BACKSLASH) {
      this.at += 2;
      if (next >= 0 && isPunctuation(<u32>next)) return this.literal(next);
      this.finish(false);
      return isClass(next);
    }
    this.at++;
    if (isPlain(<u32>octet)) return this.literal(octet);
    this.finish(false);
    switch (octet) {
      case 0x28: // (
        this.depth++;
        // `(?i)` changes what letters mean.
        return next != 0x3f;
      case 0x29: // )
        this.depth--;
        return this.depth >= 0;
      case 0x7c: // |
        return this.depth > 0;
      case 0x5b: // [
        return this.skipClass();
      case 0x2a: // *
      case 0x2b: // +
      case 0x3f: // ?
      case 0x2e: // .
      case 0x5e: // ^
      case 0x24: // $
        return true;
      default:
        // Parts of letters in UTF-8 stand for themselves, but may be repeated.
        return octet >= 0x80;
    }
  }

  private literal(octet: i32): bool {
    const repetition = this.expression.at(this.at);
    if (repetition == 0x7b) return false;
    const isOptional = repetition == 0x2a || repetition == 0x3f;
    if (isOptional || this.depth > 0) {
      this.finish(false);
    } else {
      this.run.writeByte(<u8>octet);
      if (repetition == 0x2b) this.finish(false);
    }
    return true;
  }

  /** Skips to the end of a class of plain octets. */
  private skipClass(): bool {
    const end = this.expression.indexOfByte(0x5d, this.at + 1);
    for (let i = this.at; i < end; i++) {
      const octet = this.expression.at(i);
      if (octet == BACKSLASH || octet == 0x5b) return false;
    }
    // `[]a]` and `[^]a]` have the bracket in them.
    if (end < 0 || this.expression.at(this.at) == 0x5d || this.expression.at(end - 1) == 0x5e) return false;
    this.at = end + 1;
    return true;
  }

  /** Ends a run of literals. */
  private finish(isEnd: bool): void {
    if (this.run.length > this.text.length) {
      this.text = this.run.toBytes();
      this.isEnd = isEnd;
    }
    this.run.clear();
  }
}

/** Whether a letter behind a backslash stands for one of some octets, or a place between them. */
function isClass(letter: i32): bool {
  switch (letter) {
    case 0x64: // d
    case 0x44: // D
    case 0x77: // w
    case 0x57: // W
    case 0x73: // s
    case 0x53: // S
      return true;
    default:
      return false;
  }
}
