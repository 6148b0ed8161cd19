// SPDX-License-Identifier: Apache-2.0
import { Attribute } from "../policy/attribute";
import { Facts } from "../policy/facts";
import { Policy } from "../policy/policy";
import { PolicySet } from "../policy/policy-set";
import { Builder } from "./builder";
import { Candidates } from "./candidates";
import { Hits } from "./hits";
import { Node, NODE } from "./node";
import { Numbers } from "./numbers";
import { Table } from "./table";

/**
 * Finds the first policy of a set that matches, as `findPlainly` does, without asking each of them: what a request has is
 * looked up in tables of what policies require of it, and only those that are found are evaluated, in order. What it costs
 * depends on how many policies ask for what the request has, not on how many there are.
 *
 * Nothing is allocated by a search once it is warm, and no policy is evaluated twice, so that the worst that a set of policies
 * can do is to have all of them evaluated, as without an index.
 */
@final
export class PolicyIndex extends Hits {
  private readonly lists: Numbers;
  private readonly nodes: Array<Node>;
  /** By policy: the search that evaluated it last, in two words. */
  private readonly evaluated: Numbers;
  private readonly candidates: Candidates;
  /** Tables that wait until something is known of what is at hand. */
  private readonly waiting: Array<Table> = [];
  private waitingCount: i32 = 0;
  /** The first of them that was not passed. */
  private next: i32 = 0;
  private facts: Facts | null = null;
  /** The lowest order that matches so far; the number of policies when none does. */
  private best: i32 = 0;
  /** Policies that the last search evaluated, for those who measure. */
  evaluations: i32 = 0;

  private constructor(
    private readonly policies: Array<Policy>,
    builder: Builder,
  ) {
    super();
    this.lists = builder.lists;
    this.nodes = builder.nodes;
    this.evaluated = new Numbers(policies.length * 2);
    this.candidates = new Candidates(policies.length);
    this.evaluated.extend(policies.length * 2);
  }

  /** Builds the index over a set, which must not change afterwards. */
  static build(set: PolicySet): PolicyIndex {
    const builder = new Builder(set.policies);
    builder.build();
    return new PolicyIndex(set.policies, builder);
  }

  /** Octets of memory that it takes, apart from the policies, give or take a few for each table. */
  get memorySize(): i32 {
    let size = this.lists.memorySize + this.evaluated.memorySize + this.candidates.memorySize;
    for (let i = 0; i < this.nodes.length; i++) size += this.nodes[i].memorySize;
    return size;
  }

  /** The first policy that matches, or null. */
  find(facts: Facts): Policy | null {
    this.search++;
    this.facts = facts;
    this.best = this.policies.length;
    this.evaluations = 0;
    this.waitingCount = 0;
    this.next = 0;
    this.enter(unchecked(this.nodes[0]));
    do {
      this.evaluate(facts);
    } while (this.lookUpNext(facts));
    return this.best < this.policies.length ? unchecked(this.policies[this.best]) : null;
  }

  hit(target: u32): void {
    if ((target & NODE) != 0) {
      const node = unchecked(this.nodes[<i32>(target & ~NODE)]);
      if (node.first < this.best) this.enter(node);
    } else {
      this.candidates.add(this.lists, <i32>target);
    }
  }

  /** Looks up what is at hand, and notes what is not. */
  private enter(node: Node): void {
    const facts = this.facts;
    if (facts === null) return;
    if (node.always >= 0) this.candidates.add(this.lists, node.always);
    const free = node.free;
    for (let i = 0; i < free.length; i++) {
      const table = unchecked(free[i]);
      if (table.first < this.best) table.look(facts, this);
    }
    const costly = node.costly;
    for (let i = 0; i < costly.length; i++) {
      if (this.waitingCount == this.waiting.length) this.waiting.push(unchecked(costly[i]));
      else unchecked((this.waiting[this.waitingCount] = costly[i]));
      this.waitingCount++;
    }
  }

  /** Evaluates the policies that were found, until one matches or a better one is known. */
  private evaluate(facts: Facts): void {
    const candidates = this.candidates;
    let order = candidates.next(this.lists);
    // -1, for the end, is the highest as an unsigned number.
    while (<u32>order < <u32>this.best) {
      if (this.isNew(order) && unchecked(this.policies[order]).matches(facts)) this.best = order;
      else order = candidates.next(this.lists);
    }
    candidates.clear();
  }

  /** Whether a policy is evaluated for the first time in this search. */
  private isNew(order: i32): bool {
    const at = order << 1;
    if (this.evaluated.wide(at) == this.search) return false;
    this.evaluated.setWide(at, this.search);
    this.evaluations++;
    return true;
  }

  /**
   * Looks up the waiting tables of one attribute that may lead to a better policy; false when there are none. They come in
   * the order in which they began to wait, so that each is passed once.
   */
  private lookUpNext(facts: Facts): bool {
    let attribute: Attribute | null = null;
    while (this.next < this.waitingCount) {
      const table = unchecked(this.waiting[this.next]);
      if (table.first < this.best) {
        if (attribute !== null && attribute !== table.attribute) return true;
        attribute = table.attribute;
        table.look(facts, this);
      }
      this.next++;
    }
    return attribute !== null;
  }
}
