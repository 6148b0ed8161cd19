// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Expression } from "./expression";
import { Facts } from "./facts";

/** One policy: it matches what has one of its permissions and one of its principals, and meets its condition. */
@final
export class Policy {
  /** Its place among the policies of its set: by name, octet by octet, which is the order native evaluates them in. */
  order: i32 = 0;

  constructor(
    readonly name: Bytes,
    readonly permissions: Expression,
    readonly principals: Expression,
    /** In CEL; null when there is none. */
    readonly condition: Expression | null,
  ) {}

  matches(facts: Facts): bool {
    if (!this.permissions.holds(facts) || !this.principals.holds(facts)) return false;
    const condition = this.condition;
    return condition === null || condition.holds(facts);
  }
}
