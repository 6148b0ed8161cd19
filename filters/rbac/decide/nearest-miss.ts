// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { And, Expression, ExpressionKind, Not, Or } from "../policy/expression";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";
import { Policy } from "../policy/policy";
import { PolicySet } from "../policy/policy-set";

/** Policies that are looked at: an explanation must not cost what the index saves. */
const MOST: i32 = 1000;

/**
 * The policy that comes closest to matching, of the first thousand: the one with the most parts that hold, whose names come
 * first among equals; and the first of its conditions that fails.
 */
@final
export class NearestMiss {
  policy: Policy | null = null;
  /** In words; null when there is no policy. */
  condition: Bytes | null = null;

  constructor(
    set: PolicySet,
    private readonly facts: Facts,
  ) {
    let best = -1;
    for (let i = 0; i < min(set.policies.length, MOST); i++) {
      const policy = unchecked(set.policies[i]);
      const score = this.scoreOf(policy);
      if (score <= best) continue;
      best = score;
      this.policy = policy;
    }
    const nearest = this.policy;
    if (nearest !== null) this.condition = this.failureOf(nearest);
  }

  private scoreOf(policy: Policy): i32 {
    return this.points(policy.permissions) + this.points(policy.principals);
  }

  /** Twice for what holds as a whole; once for each part that does. */
  private points(expression: Expression): i32 {
    if (expression.holds(this.facts)) return 1000;
    if (expression.kind != ExpressionKind.And) return 0;
    const parts = changetype<And>(expression).parts;
    let points = 0;
    for (let i = 0; i < parts.length; i++) points += i32(unchecked(parts[i]).holds(this.facts));
    return min(points, 999);
  }

  private failureOf(policy: Policy): Bytes {
    const condition = policy.condition;
    if (!policy.permissions.holds(this.facts)) {
      return Bytes.of("permission ").concat(this.failure(policy.permissions, false));
    }
    if (!policy.principals.holds(this.facts)) {
      return Bytes.of("principal ").concat(this.failure(policy.principals, false));
    }
    return condition !== null ? this.failure(condition, false) : Bytes.EMPTY;
  }

  /** What makes an expression false, or, where it is turned around, true. */
  private failure(expression: Expression, isTurned: bool): Bytes {
    switch (expression.kind) {
      case ExpressionKind.Condition: {
        const text = changetype<Condition>(expression).describe();
        return isTurned ? Bytes.of("not ").concat(text) : text;
      }
      case ExpressionKind.Not:
        return this.failure(changetype<Not>(expression).inner, !isTurned);
      case ExpressionKind.And:
        return this.failureOfList(changetype<And>(expression).parts, isTurned);
      case ExpressionKind.Or:
        return this.failureOfList(changetype<Or>(expression).parts, isTurned);
      default:
        return Bytes.of(isTurned ? "not any" : "any");
    }
  }

  /** Of the first part that is to blame. */
  private failureOfList(parts: Array<Expression>, isTurned: bool): Bytes {
    for (let i = 0; i < parts.length; i++) {
      const part = unchecked(parts[i]);
      if (part.holds(this.facts) == isTurned) return this.failure(part, isTurned);
    }
    return Bytes.EMPTY;
  }
}
