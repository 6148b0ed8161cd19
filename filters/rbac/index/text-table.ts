// SPDX-License-Identifier: Apache-2.0
import { Attribute } from "../policy/attribute";
import { Facts } from "../policy/facts";
import { Hits } from "./hits";
import { Numbers } from "./numbers";
import { Slots } from "./slots";
import { Table } from "./table";
import { folded, hashEnd, hashOf, hashSeed, hashStep, TextEnd } from "./hashes";

/** Of an entry: hash, number of octets, target, and in two words the search that hit it last. */
const ENTRY: i32 = 5;
const LENGTH: i32 = 1;
const TARGET: i32 = 2;
const SEARCH: i32 = 3;

/** In longer values nothing is looked for from each octet on: all keys are taken to be in them. */
const LONGEST: i32 = 1024;

/**
 * Texts: finds those that are equal to a value, or that it starts or ends with, or contains. A search walks over the value once, no
 * further than the longest key, and probes once for each length that keys have. The texts themselves are not kept: a
 * policy that is found is evaluated, which tells a text from another with its hash and its length.
 */
@final
export class TextTable extends Table {
  private readonly slots: Slots = new Slots();
  private readonly entries: Numbers = new Numbers();
  /** The lengths that keys have, in ascending order. */
  private readonly lengths: Numbers = new Numbers(4);
  /** By octet: whether a key begins with it; for keys that are looked for anywhere. */
  private readonly firsts: StaticArray<bool>;

  constructor(
    attribute: Attribute,
    private readonly end: TextEnd,
    /** Whether letters of ASCII are the same in either case. */
    private readonly ignoreCase: bool,
  ) {
    super(attribute);
    this.firsts = new StaticArray<bool>(end == TextEnd.Anywhere ? 256 : 0);
  }

  add(high: u64, low: u64, size: i32, target: u32): void {
    const entry = this.entries.length / ENTRY;
    if (this.slots.isFull(entry)) this.widen(entry + 1);
    const hash = <u32>high;
    this.entries.push(hash);
    this.entries.push(<u32>size);
    this.entries.push(target);
    this.entries.extend(2);
    this.slots.put(hash, entry);
    this.addLength(size);
    if (this.end == TextEnd.Anywhere) unchecked((this.firsts[(<i32>low) & 255] = true));
  }

  look(facts: Facts, hits: Hits): void {
    const attribute = this.attribute;
    const count = facts.count(attribute);
    for (let i = 0; i < count; i++) this.search(facts.ptr(attribute, i), facts.length(attribute, i), hits);
  }

  trim(): void {
    this.entries.trim();
    this.lengths.trim();
  }

  get memorySize(): i32 {
    return this.slots.memorySize + this.entries.memorySize + this.lengths.memorySize;
  }

  /** Tells of every key that a value matches. */
  private search(ptr: usize, length: i32, hits: Hits): void {
    const lengths = this.lengths;
    const kinds = lengths.length;
    if (kinds == 0 || length < <i32>lengths.at(0)) return;
    if (this.end == TextEnd.Whole) {
      if (length > <i32>lengths.at(kinds - 1)) return;
      this.probe(hashOf(TextEnd.Whole, this.ignoreCase, ptr, length), length, hits);
      return;
    }
    if (this.end == TextEnd.Anywhere) this.searchAnywhere(ptr, length, hits);
    else this.walk(ptr, length, hits);
  }

  private searchAnywhere(ptr: usize, length: i32, hits: Hits): void {
    if (length > LONGEST) {
      for (let at = 0; at < this.entries.length; at += ENTRY) this.hit(at, hits);
      return;
    }
    const last = length - <i32>this.lengths.at(0);
    for (let start = 0; start <= last; start++) {
      const octet = <u32>load<u8>(ptr + <usize>start);
      const first = this.ignoreCase ? folded(octet) : octet;
      if (unchecked(this.firsts[first])) this.walk(ptr + <usize>start, length - start, hits);
    }
  }

  /** Tells of every key that these octets start with, or end with. */
  private walk(ptr: usize, length: i32, hits: Hits): void {
    const lengths = this.lengths;
    const kinds = lengths.length;
    const fromEnd = this.end == TextEnd.Finish;
    const last = ptr + <usize>(length - 1);
    let state = hashSeed();
    let done = 0;
    for (let i = 0; i < kinds; i++) {
      const size = <i32>lengths.at(i);
      if (size > length) return;
      for (; done < size; done++) {
        const octet = <u32>load<u8>(fromEnd ? last - <usize>done : ptr + <usize>done);
        state = hashStep(state, this.ignoreCase ? folded(octet) : octet);
      }
      this.probe(hashEnd(state), size, hits);
    }
  }

  private probe(hash: u32, length: i32, hits: Hits): void {
    let slot = this.slots.first(hash);
    for (let entry = this.slots.entry(slot); entry >= 0; entry = this.slots.entry(slot)) {
      const at = entry * ENTRY;
      if (this.entries.at(at) == hash && <i32>this.entries.at(at + LENGTH) == length) this.hit(at, hits);
      slot = this.slots.next(slot);
    }
  }

  private hit(at: i32, hits: Hits): void {
    if (this.entries.wide(at + SEARCH) == hits.search) return;
    this.entries.setWide(at + SEARCH, hits.search);
    hits.hit(this.entries.at(at + TARGET));
  }

  private addLength(length: i32): void {
    const lengths = this.lengths;
    let at = lengths.length;
    while (at > 0 && <i32>lengths.at(at - 1) > length) at--;
    if (at > 0 && <i32>lengths.at(at - 1) == length) return;
    lengths.push(0);
    for (let i = lengths.length - 1; i > at; i--) lengths.set(i, lengths.at(i - 1));
    lengths.set(at, <u32>length);
  }

  private widen(count: i32): void {
    this.slots.widen(count << 1);
    for (let entry = 0; entry < count - 1; entry++) this.slots.put(this.entries.at(entry * ENTRY), entry);
  }
}
