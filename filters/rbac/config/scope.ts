// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { CelCondition } from "../conditions/cel-condition";
import { Attribute, AttributeKind } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Expression } from "../policy/expression";
import { Interner } from "../policy/interner";
import { Mode, Options } from "./options";

// @ts-ignore: decorator
@lazy
const NO_PATH: Array<Bytes> = [];

/**
 * What the readers of a configuration have in common: the options that say how to read, the conditions there are, and where
 * the reader is.
 */
@final
export class Scope {
  readonly interner: Interner = new Interner();
  /** CEL expressions, for the plugin to compile. */
  readonly expressions: Array<CelCondition> = [];
  /** Whether a match of what is being read lets requests through: below ALLOW, turned around below `not_rule` and `not_id`. */
  isGranting: bool = true;

  constructor(
    readonly options: Options,
    readonly isNetwork: bool,
  ) {}

  /**
   * Whether all values of a header that repeats must pass. Envoy asks for one, or with `invert_match` for all. Strict mode
   * asks for all where a match lets a request through and for one where it stops it, so that a second value neither adds
   * a right nor takes a reason for refusal away: a backend may go by either.
   */
  asksEvery(isInverted: bool): bool {
    return this.options.mode == Mode.Strict ? this.isGranting : isInverted;
  }

  attribute(kind: AttributeKind, name: Bytes = Bytes.EMPTY, path: Array<Bytes> = NO_PATH): Attribute {
    return this.interner.attribute(kind, name, path);
  }

  leaf(condition: Condition): Expression {
    return this.interner.condition(condition);
  }

  cel(text: Bytes): Expression {
    const condition = this.interner.condition(new CelCondition(text)) as CelCondition;
    if (condition.expression < 0) {
      condition.expression = this.expressions.length;
      this.expressions.push(condition);
    }
    return condition;
  }
}
