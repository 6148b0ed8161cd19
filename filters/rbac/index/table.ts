// SPDX-License-Identifier: Apache-2.0
import { Attribute } from "../policy/attribute";
import { Facts } from "../policy/facts";
import { Hits } from "./hits";

/**
 * What values of one attribute must be, with a target for each such key: what is to be done when it is so. A key that is
 * found may be a wrong one, with the same hash; a key that a value matches is always found.
 */
export abstract class Table {
  /** The lowest order of a policy that this table can lead to. */
  first: i32 = i32.MAX_VALUE;

  constructor(readonly attribute: Attribute) {}

  /**
   * Adds a key that is not there, as a `HintBook` knows it.
   *
   * @param high of a text its hash, of a number its first 64 bits
   * @param low of a text its first octet, of a number its other bits
   * @param size octets of a text, or how many bits count
   */
  abstract add(high: u64, low: u64, size: i32, target: u32): void;

  /** Fetches the values of the attribute, and tells of every key that one of them matches. */
  abstract look(facts: Facts, hits: Hits): void;

  /** Gives back the memory that is not used: no key will be added. */
  abstract trim(): void;

  /** Octets of memory that it takes. */
  abstract get memorySize(): i32;
}
