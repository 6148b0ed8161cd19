// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { ByteWriter } from "../text/writer";

const MAX_TEMPLATE: i32 = 256;
const MAX_VARIABLES: i32 = 5;
const MAX_NAME: i32 = 16;

const SLASH: i32 = 0x2f;
const STAR: i32 = 0x2a;
const OPEN: i32 = 0x7b;
const CLOSE: i32 = 0x7d;

// What `*` and `**` stand for, in the syntax of expressions.
// @ts-ignore: decorator
@lazy
const SEGMENT: string = "[-a-zA-Z0-9._~%!$&'()*+,;:@=]+";
// @ts-ignore: decorator
@lazy
const TEXT: string = "[-a-zA-Z0-9._~%!$&'()*+,;:@=/]*";

/** Translates a path template into a regular expression, by Envoy's rules (uri_template_lib/uri_template_internal.cc). */
@final
export class TemplateParser {
  /** What is wrong, empty when nothing is. */
  problem: string = "";
  private readonly out: ByteWriter = new ByteWriter(256);
  private readonly names: Array<Bytes> = [];
  private at: i32 = 0;
  /** Whether there was a `**`: nothing of the kind may follow. */
  private hasText: bool = false;

  constructor(private readonly source: Bytes) {}

  get regex(): Bytes {
    return this.out.toBytes();
  }

  /** False when something is wrong. */
  parse(): bool {
    const source = this.source;
    const length = source.length;
    if (length == 0 || length > MAX_TEMPLATE) this.fail("must have 1 to 256 octets");
    else if (source.at(0) != SLASH) this.fail("must begin with /");
    while (this.at < length && this.problem.length == 0) {
      this.at++;
      this.out.writeByte(<u8>SLASH);
      // A slash at the end stands for itself.
      if (this.at < length) this.readSegment(length);
    }
    return this.problem.length == 0;
  }

  /** What is between two slashes: text, then `*`, `**` or a variable, then text, each of them if need be. */
  private readSegment(end: i32): void {
    const start = this.at;
    this.readLiteral(end);
    const hasPrefix = this.at > start;
    const isGlob = !hasPrefix && this.source.at(this.at) == STAR;
    if (isGlob) {
      this.readGlob(end);
    } else if (this.source.at(this.at) == OPEN) {
      this.readVariable(end, hasPrefix);
    } else {
      if (!hasPrefix) this.fail("must not have an empty segment");
      return;
    }
    const suffix = this.at;
    if (this.problem.length == 0) this.readLiteral(end);
    if (this.problem.length > 0 || this.at == end) return;
    if (this.source.at(this.at) != SLASH) {
      this.fail("must not have two variables, or a variable behind a *, in a segment");
    } else if (isGlob && this.at > suffix) {
      this.fail("must not have text behind a * but in the last segment");
    }
  }

  private readGlob(end: i32): void {
    const isText = this.at + 1 < end && this.source.at(this.at + 1) == STAR;
    this.at += isText ? 2 : 1;
    this.addGlob(isText);
  }

  private addGlob(isText: bool): void {
    if (this.hasText) this.fail("must not have *, ** or a variable behind a **");
    if (isText) this.hasText = true;
    this.out.write(isText ? TEXT : SEGMENT);
  }

  private readVariable(end: i32, hasPrefix: bool): void {
    const source = this.source;
    const name = ++this.at;
    while (this.at < end && isNameOctet(source.at(this.at), this.at == name)) this.at++;
    this.addName(source.slice(name, this.at));
    let close = this.at;
    while (close < end && source.at(close) != CLOSE) close++;
    // Envoy makes a group of it, so a star behind it repeats all of it.
    this.out.writeByte(0x28);
    if (this.at < close && source.at(this.at) == 0x3d) this.readPattern(close, hasPrefix);
    else if (this.at == close) this.addGlob(false);
    else this.fail("must have a name of letters, digits and _ in a variable");
    this.out.writeByte(0x29);
    if (close == end) this.fail("must not have a { without its }");
    this.at = close + 1;
  }

  private addName(name: Bytes): void {
    if (name.isEmpty || name.length > MAX_NAME) this.fail("must have a name of 1 to 16 octets in a variable");
    for (let i = 0; i < this.names.length; i++) {
      if (unchecked(this.names[i]).equals(name)) this.fail("must not have two variables of one name");
    }
    this.names.push(name);
    if (this.names.length > MAX_VARIABLES) this.fail("must not have more than 5 variables");
  }

  /** The segments behind the `=` of a variable. */
  private readPattern(close: i32, hasPrefix: bool): void {
    do {
      const isSlash = this.source.at(this.at) == SLASH;
      this.at++;
      const start = this.at;
      if (isSlash) this.out.writeByte(<u8>SLASH);
      if (isSlash && hasPrefix) this.fail("must not have a / in a variable behind text");
      if (this.source.at(start) == STAR) this.readGlob(close);
      else this.readLiteral(close);
      if (this.at == start) this.fail("must not have an empty segment");
    } while (this.problem.length == 0 && this.at < close && this.source.at(this.at) == SLASH);
    if (this.problem.length == 0 && this.at < close)
      this.fail("must have text or a * alone in each segment of a variable");
  }

  /** Octets up to the next slash or variable. */
  private readLiteral(end: i32): void {
    const isWhole = this.at == 0 || this.source.at(this.at - 1) == SLASH;
    // At the start of a segment a star is a glob, and behind that, text.
    if (isWhole && this.source.at(this.at) == STAR) return;
    for (; this.at < end; this.at++) {
      const octet = this.source.at(this.at);
      if (octet == SLASH || octet == OPEN) return;
      if (!isLiteral(octet)) {
        this.fail("must have letters, digits and -._~%!$&'()*+,;:@= only, or a { without its }");
        return;
      }
      // Envoy does not take away the meaning of a star.
      if (octet == 0x24 || octet == 0x28 || octet == 0x29 || octet == 0x2b || octet == 0x2e)
        this.out.writeByte(0x5c);
      this.out.writeByte(<u8>octet);
    }
  }

  private fail(problem: string): void {
    if (this.problem.length == 0) this.problem = problem;
  }
}

function isNameOctet(octet: i32, isFirst: bool): bool {
  const letter = octet | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) || (!isFirst && ((octet >= 0x30 && octet <= 0x39) || octet == 0x5f))
  );
}

/** Whether an octet stands for itself: those of RFC 3986 that a segment may have. */
function isLiteral(octet: i32): bool {
  const letter = octet | 0x20;
  if ((letter >= 0x61 && letter <= 0x7a) || (octet >= 0x30 && octet <= 0x3b)) return true;
  // ! $ % & ' ( ) * + , - .
  if (octet == 0x21 || (octet >= 0x24 && octet <= 0x2e)) return true;
  return octet == 0x3d || octet == 0x40 || octet == 0x5f || octet == 0x7e;
}
