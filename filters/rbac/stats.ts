// SPDX-License-Identifier: Apache-2.0
import { Bytes, Counter } from "tremula/assembly";
import { KeyTable } from "./policy/key-table";

/** What the counters of one engine count. */
@final
export class Outcomes {
  readonly allowed: Counter;
  readonly denied: Counter;
  private readonly names: KeyTable = new KeyTable();
  private readonly allowedBy: Array<Counter> = [];
  private readonly deniedBy: Array<Counter> = [];

  constructor(
    private readonly prefix: string,
    private readonly kind: string,
  ) {
    this.allowed = new Counter(prefix + kind + "allowed");
    this.denied = new Counter(prefix + kind + "denied");
  }

  count(isAllowed: bool): void {
    if (isAllowed) this.allowed.increment();
    else this.denied.increment();
  }

  /** Counters are made when they are first needed; there are as many as policies. */
  countPolicy(isAllowed: bool, name: Bytes): void {
    // Natively a policy without a name is none (measured on 1.40.0).
    if (name.isEmpty) return;
    let index = this.names.find(name);
    if (index < 0) {
      index = this.names.add(name);
      const prefix = this.prefix + "policy." + name.toString() + "." + this.kind;
      this.allowedBy.push(new Counter(prefix + "allowed"));
      this.deniedBy.push(new Counter(prefix + "denied"));
    }
    if (isAllowed) this.allowedBy[index].increment();
    else this.deniedBy[index].increment();
  }
}

/** The counters of the native filter, and what it does not count; `wasmcustom.rbac.[<prefix>.]<name>`. */
@final
export class Stats {
  readonly enforced: Outcomes;
  readonly shadow: Outcomes;
  /** Requests with a path that is refused before any rule is asked. */
  readonly ambiguousPaths: Counter;
  /** Requests on routes whose metadata names rules that are not there. */
  readonly unknownRules: Counter;
  /** Requests on routes whose metadata says `disabled`. */
  readonly disabled: Counter;

  constructor(
    statPrefix: Bytes,
    rulesPrefix: Bytes,
    shadowPrefix: Bytes,
    private readonly tracksPolicies: bool,
  ) {
    const root = "rbac." + dotted(statPrefix);
    this.enforced = new Outcomes(root + dotted(rulesPrefix), "");
    this.shadow = new Outcomes(root + dotted(shadowPrefix), "shadow_");
    this.ambiguousPaths = new Counter(root + "ambiguous_paths");
    this.unknownRules = new Counter(root + "unknown_rules");
    this.disabled = new Counter(root + "disabled");
  }

  countEnforced(isAllowed: bool, policy: Bytes | null): void {
    this.enforced.count(isAllowed);
    if (this.tracksPolicies && policy !== null) this.enforced.countPolicy(isAllowed, policy);
  }

  countShadow(isAllowed: bool, policy: Bytes | null): void {
    this.shadow.count(isAllowed);
    if (this.tracksPolicies && policy !== null) this.shadow.countPolicy(isAllowed, policy);
  }
}

/** With one dot behind it, as natively (source/extensions/filters/common/rbac/utility.cc), unless there is nothing. */
function dotted(prefix: Bytes): string {
  if (prefix.isEmpty) return "";
  return prefix.at(prefix.length - 1) == 0x2e ? prefix.toString() : prefix.toString() + ".";
}
