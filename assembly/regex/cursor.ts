// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";

/** Reads an expression octet by octet, and keeps the first thing that is wrong with it. */
@final
export class Cursor {
  /** Offset of the next octet. */
  at: i32 = 0;
  /** What is wrong, empty when nothing is, and the offset of it. */
  problem: string = "";
  problemOffset: i32 = 0;

  constructor(public readonly source: Bytes) {}

  get isAtEnd(): bool {
    return this.at >= this.source.length;
  }

  get failed(): bool {
    return this.problem.length > 0;
  }

  /** The octet so far ahead, or -1 behind the end. */
  peek(ahead: i32 = 0): i32 {
    return this.source.at(this.at + ahead);
  }

  /** The next octet, or -1 at the end. */
  take(): i32 {
    const octet = this.source.at(this.at);
    this.at++;
    return octet;
  }

  /** Steps over an octet when it is the next one. */
  takes(octet: i32): bool {
    if (this.peek() != octet) return false;
    this.at++;
    return true;
  }

  fail(offset: i32, problem: string): void {
    if (this.failed) return;
    this.problem = problem;
    this.problemOffset = offset;
  }
}
