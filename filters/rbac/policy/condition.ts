// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Expression, ExpressionKind } from "./expression";
import { Facts } from "./facts";
import { Hint } from "./hint";

/**
 * Something that holds for a request or not, and that many policies may ask: what expressions are made of. Ask through `holds`,
 * which asks each condition once per request.
 */
export abstract class Condition extends Expression {
  /** Conditions of a policy set are numbered from 0, by the interner. */
  id: i32 = -1;

  constructor(
    /** Conditions with equal keys are the same one. Empty once the interner has it. */
    public key: Bytes,
  ) {
    super(ExpressionKind.Condition);
  }

  /** Whether it holds, as `Facts` knows or finds out. */
  holds(facts: Facts): bool {
    return facts.holds(this);
  }

  /** Whether it holds, found out anew. */
  abstract test(facts: Facts): bool;

  /** What must be so for it to hold; null where nothing that can be looked up must. */
  hint(): Hint | null {
    return null;
  }

  /** In words, for explanations. */
  abstract describe(): Bytes;
}
