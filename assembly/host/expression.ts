// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { Bytes } from "../text/bytes";
import { callForeignFunction } from "./foreign";

/**
 * An expression in CEL (github.com/google/cel-spec) over Envoy's attributes, compiled and evaluated by Envoy. Make it in a
 * plugin's `onConfigure` and keep it in the plugin: Envoy numbers expressions for each plugin.
 *
 * Evaluation is `Context.evaluate`; it costs about as much as reading the attributes one by one.
 */
@final
export class Expression {
  private constructor(
    /** @internal The host's number, as it wants it. */
    public readonly token: Bytes,
  ) {}

  /** @returns null when the text does not compile (Envoy's log says where, at info level), or the host has no CEL */
  static compile<T>(text: T): Expression | null {
    const token = callForeignFunction("expr_create", text);
    return token !== null && token.length == 4 ? new Expression(token) : null;
  }

  /** Frees it in the host; it evaluates to nothing from now on. Only needed where expressions come and go. */
  drop(): void {
    callForeignFunction("expr_delete", this.token);
  }
}

/** For contexts: the value over the context whose callback runs; null when there is none. */
export function evaluated(expression: Expression): Bytes | null {
  return callForeignFunction("expr_evaluate", expression.token);
}
