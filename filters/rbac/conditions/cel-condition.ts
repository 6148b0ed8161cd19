// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";

/** A CEL expression, which the host evaluates, is true. */
@final
export class CelCondition extends Condition {
  /** Its number among the plugin's expressions, given when they are compiled. */
  expression: i32 = -1;

  constructor(readonly text: Bytes) {
    super(Bytes.of("cel ").concat(text));
  }

  test(facts: Facts): bool {
    return facts.evaluate(this.expression);
  }

  describe(): Bytes {
    return Bytes.of("condition ").concat(this.text);
  }
}
