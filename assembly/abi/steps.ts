// SPDX-License-Identifier: Apache-2.0
import { beginSteps, collectAbove, endSteps } from "./collector";

/**
 * Work of many steps within one callback, with garbage collected between them. Otherwise that waits until the callback
 * returns, and a configuration of thousands of parts leaves several times its own size behind until then:
 *
 * ```ts
 * class RuleReader extends Steps {
 *   readonly rules: Array<Rule> = [];
 *
 *   constructor(private readonly list: JsonArray) {
 *     super();
 *   }
 *
 *   protected step(index: i32): void {
 *     this.rules.push(new Rule(this.list.object(index)));
 *   }
 * }
 *
 * const reader = new RuleReader(list);
 * reader.run(list.length);
 * ```
 *
 * A step returns nothing, so what is to stay of it is in a field of something that was there before it, or in a global:
 * all else that it has made is gone after it. What was there before the first step stays in any case, whoever holds it.
 * Steps may run other steps.
 */
export abstract class Steps {
  /** Does step after step, from 0 up to `count`. */
  run(count: i32): void {
    const floor = beginSteps();
    for (let index = 0; index < count; index++) {
      this.step(index);
      collectAbove(floor);
    }
    endSteps(floor);
  }

  /** One step. What it makes is kept by being put where something older refers to it. */
  protected abstract step(index: i32): void;
}
