// SPDX-License-Identifier: Apache-2.0

/** Takes what a table has found. */
export abstract class Hits {
  /** Number of the search that runs: an entry is a hit once in it, however often a request repeats a value. */
  search: u64 = 0;

  /** @param target what was put into the table with the key that was found */
  abstract hit(target: u32): void;
}
