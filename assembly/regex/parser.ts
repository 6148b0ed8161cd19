// SPDX-License-Identifier: Apache-2.0
import { addOctet, clearSet, negateSet, otherCase } from "./byte-set";
import { readBracket } from "./bracket";
import { Cursor } from "./cursor";
import { readClassEscape, readEscape } from "./escape";
import { DOT_ALL, Group, IGNORE_CASE, MULTI_LINE } from "./group";
import { readGroupHead } from "./group-head";
import {
  ASSERT,
  BEGIN_LINE,
  BEGIN_TEXT,
  END_LINE,
  END_TEXT,
  instruction,
  JUMP,
  MATCH,
  MAX_CODE,
  NO_WORD_BOUNDARY,
  operandOf,
  Program,
  SPLIT,
  WORD_BOUNDARY,
} from "./program";
import { MAX_REPEAT, readRepetition, repeat, repetitionLeast, repetitionMost } from "./repetition";

// @ts-ignore: decorator
@lazy
const SET: usize = memory.data(32, 8);

/**
 * Reads an expression in RE2's syntax and writes its program in one go, without a tree in between and without recursion:
 * what is wrong with it is left in the cursor.
 */
@final
export class Parser {
  readonly program: Program = new Program();
  private readonly groups: Array<Group> = [];
  private group: Group = new Group(0, 0, 0);
  private flags: u32 = 0;

  constructor(private readonly cursor: Cursor) {}

  /** False when something is wrong. */
  parse(): bool {
    const cursor = this.cursor;
    // No part but a repetition, which looks for itself, adds more than this.
    while (!cursor.isAtEnd && !cursor.failed) {
      if (this.program.fits(4)) this.readPart();
      else cursor.fail(cursor.at, `an expression of more than ${MAX_CODE} steps`);
    }
    if (!cursor.failed && this.groups.length > 0) cursor.fail(this.group.offset, "a ( without its )");
    if (cursor.failed) return false;
    this.endAlternatives(this.group);
    this.program.add(MATCH, 0);
    return true;
  }

  private readPart(): void {
    const cursor = this.cursor;
    const start = cursor.at;
    if (readRepetition(cursor)) {
      this.repeat(start);
      return;
    }
    const octet = cursor.take();
    switch (octet) {
      case 0x28: // (
        this.open(start);
        break;
      case 0x29: // )
        this.close(start);
        break;
      case 0x7c: // |
        this.endAlternative();
        break;
      case 0x2e: // .
        clearSet(SET);
        if ((this.flags & DOT_ALL) == 0) addOctet(SET, 0x0a);
        negateSet(SET);
        this.addSet();
        break;
      case 0x5b: // [
        readBracket(cursor, SET, (this.flags & IGNORE_CASE) != 0);
        this.addSet();
        break;
      case 0x5e: // ^
        this.addCondition((this.flags & MULTI_LINE) != 0 ? BEGIN_LINE : BEGIN_TEXT);
        break;
      case 0x24: // $
        this.addCondition((this.flags & MULTI_LINE) != 0 ? END_LINE : END_TEXT);
        break;
      case 0x5c: // \
        this.readBackslash();
        break;
      default:
        this.addLiteral(octet);
    }
  }

  private readBackslash(): void {
    const cursor = this.cursor;
    switch (cursor.peek()) {
      case 0x41: // \A
        cursor.at++;
        this.addCondition(BEGIN_TEXT);
        return;
      case 0x7a: // \z
        cursor.at++;
        this.addCondition(END_TEXT);
        return;
      case 0x62: // \b
        cursor.at++;
        this.addCondition(WORD_BOUNDARY);
        return;
      case 0x42: // \B
        cursor.at++;
        this.addCondition(NO_WORD_BOUNDARY);
        return;
      case 0x43: // \C
        cursor.at++;
        clearSet(SET);
        negateSet(SET);
        this.addSet();
        return;
      case 0x51: // \Q
        cursor.at++;
        this.readQuoted();
        return;
    }
    if (readClassEscape(cursor, SET, (this.flags & IGNORE_CASE) != 0)) {
      this.addSet();
      return;
    }
    const octet = readEscape(cursor);
    if (octet >= 0) this.addLiteral(octet);
  }

  /** All up to `\E`, or up to the end, as it is. */
  private readQuoted(): void {
    const cursor = this.cursor;
    while (!cursor.isAtEnd && this.program.fits(4)) {
      const octet = cursor.take();
      if (octet == 0x5c && cursor.takes(0x45)) return;
      this.addLiteral(octet);
    }
  }

  private addLiteral(octet: i32): void {
    this.beginAtom();
    this.program.addPair(octet, (this.flags & IGNORE_CASE) != 0 ? otherCase(octet) : octet);
  }

  private addSet(): void {
    this.beginAtom();
    this.program.addSet(SET);
  }

  private addCondition(condition: u32): void {
    this.beginAtom();
    this.program.add(ASSERT, condition);
  }

  private beginAtom(): void {
    this.group.atom = this.program.length;
    this.group.atomCopies = 1;
  }

  private repeat(start: i32): void {
    const cursor = this.cursor;
    const group = this.group;
    const least = repetitionLeast;
    const most = repetitionMost;
    if (cursor.failed) return;
    if (group.atom < 0) {
      cursor.fail(start, "a repetition of nothing");
      return;
    }
    if (least > 1 || most > 1) {
      // RE2 counts what is repeated within repetitions the same way (parse.cc, RepetitionWalker).
      group.atomCopies *= max(max(least, most), 1);
      group.copies = max(group.copies, group.atomCopies);
    }
    if (group.atomCopies > MAX_REPEAT) cursor.fail(start, `more than ${MAX_REPEAT} repetitions of one thing`);
    else if (!repeat(this.program, group.atom, least, most)) {
      cursor.fail(start, `an expression of more than ${MAX_CODE} steps`);
    }
  }

  private open(start: i32): void {
    const cursor = this.cursor;
    const outside = this.flags;
    const flags = readGroupHead(cursor, outside);
    if (cursor.failed) return;
    this.flags = flags;
    // `(?i)` is no group: it holds up to the end of the group that it is in.
    if (cursor.source.at(cursor.at - 1) == 0x29) return;
    this.groups.push(this.group);
    this.group = new Group(this.program.length, outside, start);
  }

  private close(start: i32): void {
    if (this.groups.length == 0) {
      this.cursor.fail(start, "a ) without its (");
      return;
    }
    const inner = this.group;
    this.endAlternatives(inner);
    const outer = this.groups.pop();
    this.group = outer;
    this.flags = inner.flags;
    outer.atom = inner.start;
    outer.atomCopies = inner.copies;
    outer.copies = max(outer.copies, inner.copies);
  }

  private endAlternative(): void {
    const group = this.group;
    const program = this.program;
    const exits = group.exits;
    program.insert(group.branch, SPLIT, program.length - group.branch + 2);
    program.add(JUMP, exits);
    group.exits = program.length;
    group.branch = program.length;
    group.atom = -1;
  }

  /** Sends all alternatives of a group to its end. */
  private endAlternatives(group: Group): void {
    const program = this.program;
    for (let exit = group.exits; exit > 0;) {
      const pc = exit - 1;
      exit = operandOf(program.get(pc));
      program.put(pc, instruction(JUMP, program.length - pc));
    }
  }
}
