// SPDX-License-Identifier: Apache-2.0
import { maskOf } from "tremula/assembly/net/mask";
import { Attribute } from "../policy/attribute";
import { Facts } from "../policy/facts";
import { Hits } from "./hits";
import { Numbers } from "./numbers";
import { Slots } from "./slots";
import { Table } from "./table";
import { hashEnd, hashWord } from "./hashes";

/** Of an entry: the bits in four words, how many count, target, and in two words the search that hit it last. */
const ENTRY: i32 = 8;
const LOW: i32 = 2;
const BITS: i32 = 4;
const TARGET: i32 = 5;
const SEARCH: i32 = 6;

/** Which number of an attribute is looked up. */
export enum BitsOf {
  Address4,
  Address6,
  Port,
}

/** Of a port: its 16 bits are the first ones of 64. */
export const PORT_BITS: i32 = 16;
export const PORT_SHIFT: u64 = 48;

/**
 * Numbers of up to 128 bits by how they begin: ranges of addresses of one version, or ranges of ports, which are taken apart
 * into blocks. Finds those that a number is in, with one probe for each number of bits that blocks have. Bits are counted
 * from the top of `high`.
 */
@final
export class BitsTable extends Table {
  private readonly slots: Slots = new Slots();
  private readonly entries: Numbers = new Numbers();
  /** Which numbers of bits there are: of 0 to 63, and of 64 to 127; 128 by itself. */
  private fewer: u64 = 0;
  private more: u64 = 0;
  private all: bool = false;

  constructor(
    attribute: Attribute,
    private readonly number: BitsOf,
  ) {
    super(attribute);
  }

  get count(): i32 {
    return this.entries.length / ENTRY;
  }

  add(high: u64, low: u64, size: i32, target: u32): void {
    const entry = this.entries.length / ENTRY;
    if (this.slots.isFull(entry)) this.widen(entry + 1);
    const at = this.entries.extend(ENTRY);
    this.entries.setWide(at, high & maskOf(size));
    this.entries.setWide(at + LOW, low & maskOf(size - 64));
    this.entries.set(at + BITS, <u32>size);
    this.entries.set(at + TARGET, target);
    this.slots.put(this.hashAt(at), entry);
    if (size >= 128) this.all = true;
    else if (size >= 64) this.more |= (<u64>1) << ((<u64>size) & 63);
    else this.fewer |= (<u64>1) << ((<u64>size) & 63);
  }

  look(facts: Facts, hits: Hits): void {
    const address = facts.address(this.attribute);
    if (this.number == BitsOf.Port) {
      const port = facts.port(this.attribute);
      if (port >= 0) this.search((<u64>port) << PORT_SHIFT, 0, hits);
    } else if (address.version == (this.number == BitsOf.Address4 ? 4 : 6)) {
      this.search(address.high, address.low, hits);
    }
  }

  get memorySize(): i32 {
    return this.slots.memorySize + this.entries.memorySize;
  }

  trim(): void {
    this.entries.trim();
  }

  /** Tells of every block that a number is in. */
  private search(high: u64, low: u64, hits: Hits): void {
    for (let left = this.fewer; left != 0; left &= left - 1) this.probe(high, low, <i32>ctz(left), hits);
    for (let left = this.more; left != 0; left &= left - 1) this.probe(high, low, <i32>ctz(left) + 64, hits);
    if (this.all) this.probe(high, low, 128, hits);
  }

  private probe(high: u64, low: u64, bits: i32, hits: Hits): void {
    high &= maskOf(bits);
    low &= maskOf(bits - 64);
    let slot = this.slots.first(hashOf(high, low, bits));
    for (let entry = this.slots.entry(slot); entry >= 0; entry = this.slots.entry(slot)) {
      if (this.is(entry, high, low, bits)) {
        const at = entry * ENTRY;
        if (this.entries.wide(at + SEARCH) == hits.search) return;
        this.entries.setWide(at + SEARCH, hits.search);
        hits.hit(this.entries.at(at + TARGET));
        return;
      }
      slot = this.slots.next(slot);
    }
  }

  private is(entry: i32, high: u64, low: u64, bits: i32): bool {
    const at = entry * ENTRY;
    return (
      this.entries.wide(at) == high &&
      this.entries.wide(at + LOW) == low &&
      <i32>this.entries.at(at + BITS) == bits
    );
  }

  private hashAt(at: i32): u32 {
    return hashOf(this.entries.wide(at), this.entries.wide(at + LOW), <i32>this.entries.at(at + BITS));
  }

  private widen(count: i32): void {
    this.slots.widen(count << 1);
    for (let entry = 0; entry < count - 1; entry++) this.slots.put(this.hashAt(entry * ENTRY), entry);
  }
}

// @ts-ignore: decorator
@inline
function hashOf(high: u64, low: u64, bits: i32): u32 {
  return hashEnd(hashWord(hashWord(high, <u64>bits), low));
}
