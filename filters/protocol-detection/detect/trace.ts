// SPDX-License-Identifier: Apache-2.0

/** Is told what a detector does, for explanations. */
export abstract class Trace {
  /**
   * A probe cannot match any more.
   *
   * @param probe its place in the set
   * @param death why: a `Death`
   * @param at octets of the connection up to and with the one that it died of
   */
  abstract died(probe: i32, death: i32, at: i32): void;
}
