// SPDX-License-Identifier: Apache-2.0
import { Steps } from "tremula/assembly";
import { Policy } from "../policy/policy";
import { Covers, isFree } from "./cover";
import { HintBook } from "./hint-book";
import { Node, NODE } from "./node";
import { Numbers } from "./numbers";
import { Table } from "./table";

/** Lists up to this long are evaluated rather than told apart further. */
const SHORT: i32 = 8;
/** Nodes below each other. */
const MAX_DEPTH: i32 = 6;
/** How often all conditions may be looked at again below the first node: bounds the time to build. */
const REPEATS: u64 = 8;

/**
 * Builds the nodes over a list of policies. A node enters each of its policies under the hints of its cheapest cover; where
 * so many meet under one hint that evaluating them would show, they get a node of their own, in which other hints tell them
 * apart. So a hundred paths of a hundred principals each cost two look-ups, not a hundred candidates.
 */
@final
export class Builder {
  /** Lists of policies: how many, and their orders, ascending. */
  readonly lists: Numbers = new Numbers(64);
  readonly nodes: Array<Node> = [];
  private readonly covers: Covers;
  /** Stacks, of which each node that is being built uses the top: policies with their hints, and hints with their lists. */
  private readonly entries: Numbers = new Numbers(64);
  private readonly targets: Numbers = new Numbers(64);
  private readonly chosen: Numbers = new Numbers();
  /** By hint, and one more for no hint: entries, then where to put the next one. */
  private readonly places: Numbers = new Numbers();
  /** By kind of hint: which table of the node it is, plus 1. */
  private readonly tables: Numbers = new Numbers();
  /** In the place of a hint where there is none. */
  private none: i32 = 0;
  /** Entries that nodes below the first may have, together as many as it has and one for each policy: bounds memory. */
  private entriesLeft: i32 = 0;
  /** Visits of conditions after which nothing is told apart any more. */
  private lastVisit: u64 = 0;

  /** @param book knows the hints of these policies, or will */
  constructor(
    private readonly policies: Array<Policy>,
    private readonly book: HintBook = new HintBook(),
  ) {
    this.covers = new Covers(book);
  }

  /** Builds all; the number of the first node is 0. */
  build(): void {
    const count = this.policies.length;
    const all = this.lists.push(<u32>count);
    for (let i = 0; i < count; i++) this.lists.push(<u32>i);
    this.nodes.push(new Node());
    this.tellApart(0, all, 0);
    this.lists.trim();
  }

  /** Fills a node with the policies of a list; false when there would be too little in it to be worth it. */
  private tellApart(node: i32, list: i32, depth: i32): bool {
    const covers = this.covers;
    const count = <i32>this.lists.at(list);
    covers.clear();
    if (depth == 0) new Mentions(covers, this.policies).run(count);
    else for (let i = 1; i <= count; i++) covers.mention(this.policyAt(list + i));
    // The first node has asked all conditions, so hints are all there from then on.
    if (depth == 0) this.places.extend(this.book.count + 1);
    this.none = this.book.count;
    covers.limit(depth == 0 ? count : (count * 3) >> 2);

    const firstEntry = this.entries.length;
    let without = 0;
    for (let i = 1; i <= count; i++) if (!this.enter(<i32>this.lists.at(list + i))) without++;
    const entries = (this.entries.length - firstEntry) >> 1;
    const isWorth = depth == 0 || (without * 4 <= count * 3 && entries <= this.entriesLeft);
    const firstTarget = this.targets.length;
    if (isWorth) this.layOut(firstEntry);
    else this.forget(firstEntry);
    this.entries.cut(firstEntry);
    if (!isWorth) return false;
    if (depth == 0) {
      this.entriesLeft = entries + count;
      this.lastVisit = covers.visits * (REPEATS + 1);
    } else {
      this.entriesLeft -= entries;
    }
    for (let at = firstTarget; at < this.targets.length; at += 2) this.divide(at, depth);
    this.fill(this.nodes[node], firstTarget);
    this.targets.cut(firstTarget);
    return true;
  }

  /** Notes a policy with each hint of its cover, or with none; false when it has no cover. */
  private enter(order: i32): bool {
    this.chosen.cut(0);
    const isCovered = this.covers.choose(this.policies[order], this.chosen);
    if (!isCovered) this.note(this.none, order);
    for (let i = 0; i < this.chosen.length; i++) this.note(<i32>this.chosen.at(i), order);
    return isCovered;
  }

  private note(hint: i32, order: i32): void {
    this.places.set(hint, this.places.at(hint) + 1);
    this.entries.push(<u32>hint);
    this.entries.push(<u32>order);
  }

  /** Makes a list for each hint of the entries, and a target of each list. */
  private layOut(firstEntry: i32): void {
    const firstTarget = this.targets.length;
    for (let at = firstEntry; at < this.entries.length; at += 2) {
      const hint = <i32>this.entries.at(at);
      // The list of a hint that has been met begins with its length, and `places` says where it goes on.
      if ((this.places.at(hint) & NODE) == 0) {
        const size = this.places.at(hint);
        const list = this.lists.extend(<i32>size + 1);
        this.lists.set(list, size);
        this.targets.push(<u32>hint);
        this.targets.push(<u32>list);
        this.places.set(hint, (<u32>(list + 1)) | NODE);
      }
      const place = this.places.at(hint);
      this.lists.set(<i32>(place & ~NODE), this.entries.at(at + 1));
      this.places.set(hint, place + 1);
    }
    for (let at = firstTarget; at < this.targets.length; at += 2)
      this.places.set(<i32>this.targets.at(at), 0);
  }

  private forget(firstEntry: i32): void {
    for (let at = firstEntry; at < this.entries.length; at += 2) this.places.set(<i32>this.entries.at(at), 0);
  }

  /** Gives a long list a node of its own, if that helps. */
  private divide(target: i32, depth: i32): void {
    const list = <i32>this.targets.at(target + 1);
    const size = <i32>this.lists.at(list);
    const isForAll = <i32>this.targets.at(target) == this.none;
    if (isForAll || size <= SHORT || depth == MAX_DEPTH || size > this.entriesLeft) return;
    if (this.covers.visits >= this.lastVisit) return;
    const node = this.nodes.push(new Node()) - 1;
    const length = this.lists.length;
    if (this.tellApart(node, list, depth + 1)) {
      this.targets.set(target + 1, (<u32>node) | NODE);
    } else {
      this.nodes.length = node;
      this.lists.cut(length);
    }
  }

  /** Enters the targets into the tables of a node. */
  private fill(node: Node, firstTarget: i32): void {
    const missing = this.book.kinds - this.tables.length;
    if (missing > 0) this.tables.extend(missing);
    const all: Array<Table> = [];
    for (let at = firstTarget; at < this.targets.length; at += 2) {
      const hint = <i32>this.targets.at(at);
      const target = this.targets.at(at + 1);
      if (hint == this.none) {
        node.always = <i32>target;
        continue;
      }
      const kind = this.book.kindOf(hint);
      if (this.tables.at(kind) == 0) this.tables.set(kind, <u32>all.push(this.book.tableFor(hint)));
      const table = all[<i32>this.tables.at(kind) - 1];
      this.book.addTo(table, hint, target);
      table.first = min(table.first, this.firstOf(target));
    }
    for (let at = firstTarget; at < this.targets.length; at += 2) {
      const hint = <i32>this.targets.at(at);
      if (hint != this.none) this.tables.set(this.book.kindOf(hint), 0);
    }
    for (let i = 0; i < all.length; i++) {
      const table = all[i];
      table.trim();
      if (isFree(table.attribute)) node.free.push(table);
      else node.costly.push(table);
    }
    node.settle(this.lists);
  }

  /** The lowest order that a target leads to. */
  private firstOf(target: u32): i32 {
    if ((target & NODE) != 0) return this.nodes[<i32>(target & ~NODE)].first;
    return <i32>this.lists.at(<i32>target + 1);
  }

  private policyAt(place: i32): Policy {
    return this.policies[<i32>this.lists.at(place)];
  }
}

/** Counts the hints of all policies. Most conditions are asked for theirs here, which leaves a good deal behind. */
@final
class Mentions extends Steps {
  constructor(
    private readonly covers: Covers,
    private readonly policies: Array<Policy>,
  ) {
    super();
  }

  protected step(index: i32): void {
    this.covers.mention(this.policies[index]);
  }
}
