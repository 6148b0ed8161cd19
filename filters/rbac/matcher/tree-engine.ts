// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Engine } from "../decide/engine";
import { Facts } from "../policy/facts";
import { Action, PolicySet } from "../policy/policy-set";
import { Input } from "./input";
import { MatchTree, TreeAction } from "./tree";

/** Decides by a matching tree; what nothing in it matches is denied, as natively. */
@final
export class TreeEngine extends Engine {
  constructor(
    private readonly tree: MatchTree,
    /** All that the tree looks at, in strict mode; empty otherwise. */
    private readonly guarded: Array<Input>,
    /** Whether an action of the tree is LOG. */
    private readonly logs: bool,
  ) {
    super();
  }

  decide(facts: Facts): bool {
    this.effective = null;
    this.logHint = null;
    for (let i = 0; i < this.guarded.length; i++) {
      if (unchecked(this.guarded[i]).repeats(facts)) return false;
    }
    const found = this.tree.find(facts);
    if (found === null || found === TreeAction.UNKNOWN) return false;
    this.effective = found.name;
    // As natively, nothing is said where nothing matches.
    if (this.logs) this.logHint = Bytes.of(found.action == Action.Log ? "true" : "false");
    return found.action != Action.Deny;
  }

  get policies(): PolicySet | null {
    return null;
  }
}
