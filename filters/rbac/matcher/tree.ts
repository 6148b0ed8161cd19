// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Facts } from "../policy/facts";
import { KeyTable } from "../policy/key-table";
import { Action } from "../policy/policy-set";
import { Input } from "./input";
import { Match, Predicate } from "./predicate";

/** What a tree ends in: an `envoy.config.rbac.v3.Action`. */
@final
export class TreeAction {
  /** Stands for: nobody can tell, see `Input.isUnknown`. */
  static readonly UNKNOWN: TreeAction = new TreeAction(Bytes.EMPTY, Action.Deny);

  constructor(
    readonly name: Bytes,
    readonly action: Action,
  ) {}
}

/** What follows a match: an action, or another tree. */
@final
export class OnMatch {
  action: TreeAction | null = null;
  tree: MatchTree | null = null;

  constructor(
    /** Whether to go on as if there were no match. */
    readonly keepsMatching: bool,
  ) {}

  /** Null when nothing below matches. */
  find(facts: Facts): TreeAction | null {
    if (this.keepsMatching) return null;
    const tree = this.tree;
    return tree !== null ? tree.find(facts) : this.action;
  }
}

/** A matching tree, `xds.type.matcher.v3.Matcher`, as deep as its document. */
export abstract class MatchTree {
  onNoMatch: OnMatch | null = null;

  /** Null when nothing matches. */
  find(facts: Facts): TreeAction | null {
    const found = this.look(facts);
    const onNoMatch = this.onNoMatch;
    return found !== null || onNoMatch === null ? found : onNoMatch.find(facts);
  }

  /** Without `onNoMatch`. */
  protected abstract look(facts: Facts): TreeAction | null;
}

/** The first of its predicates that holds, and has something below it that matches. */
@final
export class ListTree extends MatchTree {
  readonly predicates: Array<Predicate> = [];
  readonly results: Array<OnMatch> = [];

  protected look(facts: Facts): TreeAction | null {
    for (let i = 0; i < this.predicates.length; i++) {
      const match = unchecked(this.predicates[i]).match(facts);
      if (match == Match.Unknown) return TreeAction.UNKNOWN;
      if (match == Match.No) continue;
      const found = unchecked(this.results[i]).find(facts);
      if (found !== null) return found;
    }
    return null;
  }
}

/** A table of texts, or of what texts begin with: the longest prefix first. */
@final
export class MapTree extends MatchTree {
  private readonly keys: KeyTable = new KeyTable();
  private readonly results: Array<OnMatch> = [];
  /** Sizes of prefixes, each once, the longest first. */
  private readonly sizes: Array<i32> = [];

  constructor(
    private readonly input: Input,
    private readonly isPrefix: bool,
  ) {
    super();
  }

  add(key: Bytes, result: OnMatch): void {
    if (this.keys.find(key) >= 0) return;
    this.keys.add(key);
    this.results.push(result);
    if (this.sizes.includes(key.length)) return;
    this.sizes.push(key.length);
    this.sizes.sort((a, b) => b - a);
  }

  protected look(facts: Facts): TreeAction | null {
    if (this.input.isUnknown(facts)) return TreeAction.UNKNOWN;
    const value = this.input.value(facts);
    if (value === null) return null;
    if (!this.isPrefix) return this.at(value, facts);
    for (let i = 0; i < this.sizes.length; i++) {
      const size = unchecked(this.sizes[i]);
      const found = size <= value.length ? this.at(value.slice(0, size), facts) : null;
      if (found !== null) return found;
    }
    return null;
  }

  private at(key: Bytes, facts: Facts): TreeAction | null {
    const index = this.keys.find(key);
    return index >= 0 ? unchecked(this.results[index]).find(facts) : null;
  }
}
