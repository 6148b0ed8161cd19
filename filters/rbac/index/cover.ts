// SPDX-License-Identifier: Apache-2.0
import { Attribute, AttributeKind } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { And, Expression, ExpressionKind, Or } from "../policy/expression";
import { Policy } from "../policy/policy";
import { HintBook } from "./hint-book";
import { Numbers } from "./numbers";

/** The price of no cover at all. */
const NONE: i32 = i32.MAX_VALUE;
/** Prices are in quarters of a candidate that must be evaluated. */
const CANDIDATE: i32 = 4;
/** Of a value that the host must be asked for: about a microsecond, in which so many candidates are evaluated. */
const HOST_CALL: i32 = 16 * CANDIDATE;

/**
 * Finds covers. A cover of an expression is a set of hints one of which is met whenever the expression holds: a policy that
 * is entered under each hint of its cover cannot be missed. A conjunction has the cover of any of its parts, so the cheapest
 * is taken; a disjunction needs those of all its parts; a negation has none.
 *
 * The price of a hint is how many policies mention it, of those that are being told apart, as these meet under it at worst.
 */
@final
export class Covers {
  /** By hint: policies that mention it. */
  private readonly mentions: Numbers = new Numbers();
  /** By hint: what saw it last. */
  private readonly tickets: Numbers = new Numbers();
  private ticket: u32 = 0;
  /** Hints that are mentioned, so that they can be forgotten. */
  private readonly mentioned: Numbers = new Numbers();
  /** Conditions that were looked at for mentions, ever: what building an index costs is in proportion to it. */
  visits: u64 = 0;
  /** Hints that more policies than this mention are of no use. */
  private most: i32 = 0;

  constructor(private readonly book: HintBook) {}

  /** Forgets all mentions. */
  clear(): void {
    for (let i = 0; i < this.mentioned.length; i++) this.mentions.set(<i32>this.mentioned.at(i), 0);
    this.mentioned.cut(0);
  }

  /** Counts the hints of a policy. */
  mention(policy: Policy): void {
    this.ticket++;
    this.mentionIn(policy.permissions);
    this.mentionIn(policy.principals);
    const condition = policy.condition;
    if (condition !== null) this.mentionIn(condition);
  }

  /** Of how many mentions on a hint is of no use. */
  limit(most: i32): void {
    this.most = most;
  }

  /** Appends the hints of a policy's cheapest cover, each once; false when it has none. */
  choose(policy: Policy, into: Numbers): bool {
    const condition = policy.condition;
    let best = policy.permissions;
    let price = this.price(best);
    const ofPrincipals = this.price(policy.principals);
    if (ofPrincipals < price) {
      best = policy.principals;
      price = ofPrincipals;
    }
    if (condition !== null) {
      const ofCondition = this.price(condition);
      if (ofCondition < price) {
        best = condition;
        price = ofCondition;
      }
    }
    if (price == NONE) return false;
    this.ticket++;
    this.collect(best, into);
    return true;
  }

  private mentionIn(expression: Expression): void {
    switch (expression.kind) {
      case ExpressionKind.And:
      case ExpressionKind.Or: {
        const parts = partsOf(expression);
        for (let i = 0; i < parts.length; i++) this.mentionIn(parts[i]);
        break;
      }
      case ExpressionKind.Condition: {
        this.visits++;
        const list = this.book.listOf(changetype<Condition>(expression));
        if (list < 0) break;
        const missing = this.book.count - this.mentions.length;
        if (missing > 0) {
          this.mentions.extend(missing);
          this.tickets.extend(missing);
        }
        for (let i = 0; i < this.book.size(list); i++) this.mentionHint(this.book.at(list, i));
        break;
      }
      default:
    }
  }

  private mentionHint(hint: i32): void {
    if (this.tickets.at(hint) == this.ticket) return;
    this.tickets.set(hint, this.ticket);
    const mentions = this.mentions.at(hint);
    if (mentions == 0) this.mentioned.push(<u32>hint);
    this.mentions.set(hint, mentions + 1);
  }

  private price(expression: Expression): i32 {
    switch (expression.kind) {
      case ExpressionKind.And: {
        const parts = partsOf(expression);
        let best = NONE;
        for (let i = 0; i < parts.length; i++) best = min(best, this.price(parts[i]));
        return best;
      }
      case ExpressionKind.Or: {
        const parts = partsOf(expression);
        let worst = 0;
        for (let i = 0; i < parts.length; i++) worst = max(worst, this.price(parts[i]));
        return wide(worst, parts.length);
      }
      case ExpressionKind.Condition: {
        const list = this.book.listOf(changetype<Condition>(expression));
        if (list < 0) return NONE;
        const size = this.book.size(list);
        let worst = 0;
        for (let i = 0; i < size; i++) worst = max(worst, this.priceOfHint(this.book.at(list, i)));
        return wide(worst, size);
      }
      default:
        return NONE;
    }
  }

  private priceOfHint(hint: i32): i32 {
    const mentions = <i32>this.mentions.at(hint);
    if (mentions > this.most) return NONE;
    const price = mentions * CANDIDATE + this.book.laxity(hint);
    return isFree(this.book.attributeOf(hint)) ? price : price + HOST_CALL;
  }

  /** Appends the hints of the cheapest cover of an expression that has one. */
  private collect(expression: Expression, into: Numbers): void {
    switch (expression.kind) {
      case ExpressionKind.And: {
        const parts = partsOf(expression);
        let best = 0;
        let price = NONE;
        for (let i = 0; i < parts.length; i++) {
          const other = this.price(parts[i]);
          if (other >= price) continue;
          price = other;
          best = i;
        }
        if (price != NONE) this.collect(parts[best], into);
        break;
      }
      case ExpressionKind.Or: {
        const parts = partsOf(expression);
        for (let i = 0; i < parts.length; i++) this.collect(parts[i], into);
        break;
      }
      case ExpressionKind.Condition: {
        const list = this.book.listOf(changetype<Condition>(expression));
        if (list < 0) break;
        for (let i = 0; i < this.book.size(list); i++) {
          const hint = this.book.at(list, i);
          if (this.tickets.at(hint) == this.ticket) continue;
          this.tickets.set(hint, this.ticket);
          into.push(<u32>hint);
        }
        break;
      }
      default:
    }
  }
}

/** The price of a cover of so many parts of this price: a request meets few of them, but all must be kept. */
// @ts-ignore: decorator
@inline
function wide(price: i32, parts: i32): i32 {
  return price == NONE ? NONE : price + (parts >> 2);
}

/** Whether its values are at hand once the headers are. */
export function isFree(attribute: Attribute): bool {
  return (
    attribute.kind == AttributeKind.Header ||
    attribute.kind == AttributeKind.UrlPath ||
    attribute.kind == AttributeKind.Host ||
    attribute.kind == AttributeKind.RoutedHost
  );
}

/** The parts of a conjunction or disjunction, which have the same layout. */
function partsOf(expression: Expression): Array<Expression> {
  return expression.kind == ExpressionKind.And
    ? changetype<And>(expression).parts
    : changetype<Or>(expression).parts;
}
