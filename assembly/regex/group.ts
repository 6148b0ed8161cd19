// SPDX-License-Identifier: Apache-2.0

/** Flags of an expression, as bits: those that change which texts match. */
export const IGNORE_CASE: u32 = 1;
export const MULTI_LINE: u32 = 2;
export const DOT_ALL: u32 = 4;

/** A group that is being read, or the whole expression. */
@final
export class Group {
  /** Where the alternative begins that is being read. */
  branch: i32;
  /** The last jump from the end of an alternative to the end of the group, plus 1; each holds the one before it. */
  exits: i32 = 0;
  /** Where the part begins that a repetition would repeat, or -1. */
  atom: i32 = -1;
  /** How many copies of one thing that part has, and at most any part of the group. */
  atomCopies: i32 = 1;
  copies: i32 = 1;

  constructor(
    /** Where its code begins. */
    public readonly start: i32,
    /** The flags outside it. */
    public readonly flags: u32,
    /** Where it begins in the expression. */
    public readonly offset: i32,
  ) {
    this.branch = start;
  }
}
