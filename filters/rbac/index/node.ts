// SPDX-License-Identifier: Apache-2.0
import { Attribute } from "../policy/attribute";
import { Numbers } from "./numbers";
import { Table } from "./table";

/** A target of a table is where a list of policies begins, or with this bit the number of a node. */
export const NODE: u32 = 1 << 31;

/** A part of the index: tells the policies of one list apart. */
@final
export class Node {
  /** Where the list of policies is that no table leads to, or -1. */
  always: i32 = -1;
  /** Looked up at once: their values are at hand. */
  readonly free: Array<Table> = [];
  /** Looked up when they may lead to a better policy: the host must be asked for their values. */
  readonly costly: Array<Table> = [];
  /** The lowest order of a policy in it. */
  first: i32 = i32.MAX_VALUE;

  /** Octets of memory that its tables take. */
  get memorySize(): i32 {
    let size = 0;
    for (let i = 0; i < this.free.length; i++) size += this.free[i].memorySize;
    for (let i = 0; i < this.costly.length; i++) size += this.costly[i].memorySize;
    return size;
  }

  /** Once everything is in it: finds `first`, and puts the tables in order that cost more, the least costly first. */
  settle(lists: Numbers): void {
    this.costly.sort((a, b) => costOf(a.attribute) - costOf(b.attribute));
    if (this.always >= 0) this.first = <i32>lists.at(this.always + 1);
    for (let i = 0; i < this.free.length; i++) this.first = min(this.first, this.free[i].first);
    for (let i = 0; i < this.costly.length; i++) this.first = min(this.first, this.costly[i].first);
  }
}

/** What comes first is known of the connection; metadata and filter state may have to be read as JSON. Each by itself. */
function costOf(attribute: Attribute): i32 {
  return ((<i32>attribute.kind) << 16) + (attribute.id & 0xffff);
}
