// SPDX-License-Identifier: Apache-2.0
import { Facts } from "./facts";

/** Which of the classes below an expression is, for those that walk it: `changetype<And>(e)` and so on. */
export enum ExpressionKind {
  Always,
  Condition,
  Not,
  And,
  Or,
}

/**
 * A tree of conditions. Its depth is that of the configuration it was read from, which the reader of JSON limits, so
 * whoever walks it may recurse.
 */
export abstract class Expression {
  constructor(readonly kind: ExpressionKind) {}

  abstract holds(facts: Facts): bool;
}

/** `any: true`. */
@final
export class Always extends Expression {
  constructor() {
    super(ExpressionKind.Always);
  }

  holds(facts: Facts): bool {
    return true;
  }
}


@final
export class Not extends Expression {
  constructor(readonly inner: Expression) {
    super(ExpressionKind.Not);
  }

  holds(facts: Facts): bool {
    return !this.inner.holds(facts);
  }
}

/** All of them, asked in order until one does not hold. */
@final
export class And extends Expression {
  constructor(readonly parts: Array<Expression>) {
    super(ExpressionKind.And);
  }

  holds(facts: Facts): bool {
    for (let i = 0; i < this.parts.length; i++) if (!unchecked(this.parts[i]).holds(facts)) return false;
    return true;
  }
}

/** Any of them, asked in order until one holds. */
@final
export class Or extends Expression {
  constructor(readonly parts: Array<Expression>) {
    super(ExpressionKind.Or);
  }

  holds(facts: Facts): bool {
    for (let i = 0; i < this.parts.length; i++) if (unchecked(this.parts[i]).holds(facts)) return true;
    return false;
  }
}

/** The one part, or all of them. */
export function allOf(parts: Array<Expression>): Expression {
  return parts.length == 1 ? parts[0] : new And(parts);
}

/** The one part, or any of them. */
export function anyOf(parts: Array<Expression>): Expression {
  return parts.length == 1 ? parts[0] : new Or(parts);
}
