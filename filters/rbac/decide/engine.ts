// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { PolicyIndex } from "../index/policy-index";
import { Facts } from "../policy/facts";
import { Policy } from "../policy/policy";
import { Action, PolicySet } from "../policy/policy-set";

/** Decides on requests: a rule set or a matching tree. */
export abstract class Engine {
  /** Of the last decision: the name of what matched; null when nothing did. */
  effective: Bytes | null = null;
  /** Of the last decision: `true` or `false` for access logs, where the action LOG is configured; otherwise null. */
  logHint: Bytes | null = null;

  /** Once all of the configuration has been read, and before the first decision. */
  prepare(): void {}

  /** Whether the request may pass. */
  abstract decide(facts: Facts): bool;

  /** The policies that are asked; null for a tree. */
  abstract get policies(): PolicySet | null;
}

/** source/extensions/filters/common/rbac/engine_impl.cc, RoleBasedAccessControlEngineImpl::handleAction */
@final
export class PolicyEngine extends Engine {
  private index!: PolicyIndex;

  constructor(private readonly set: PolicySet) {
    super();
  }

  prepare(): void {
    this.index = PolicyIndex.build(this.set);
  }

  decide(facts: Facts): bool {
    const policy: Policy | null = this.index.find(facts);
    this.effective = policy !== null ? policy.name : null;
    const isMatch = policy !== null;
    if (this.set.action == Action.Log) {
      this.logHint = Bytes.of(isMatch ? "true" : "false");
      return true;
    }
    return isMatch == (this.set.action == Action.Allow);
  }

  get policies(): PolicySet | null {
    return this.set;
  }
}
