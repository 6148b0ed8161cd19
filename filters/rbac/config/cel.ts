// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "tremula/assembly";
import { Expression } from "../policy/expression";
import { CelPrinter } from "./cel-printer";
import { Scope } from "./scope";

// @ts-ignore: decorator
@lazy
const FORMS: StaticArray<string> = ["condition", "checked_condition", "condition_text"];

/**
 * Reads the condition of a policy; null when it has none. The host compiles CEL from text only, so a syntax tree, which is
 * what `condition` is, is printed; `condition_text` is ours, for those who write configurations by hand.
 */
export function readCondition(message: JsonObject, scope: Scope): Expression | null {
  if (message.has("cel_config")) {
    message.ignore("cel_config");
    message.refuse(
      "cel_config",
      "must not be used: Envoy compiles the expressions of Wasm modules with its defaults",
    );
  }
  const form = message.oneOfOrNone(FORMS);
  if (form < 0) return null;
  if (form == 2) {
    const text = message.string("condition_text").copy();
    if (text.isEmpty) message.refuse("condition_text", "must not be empty");
    return scope.cel(text);
  }
  let tree = message.object(unchecked(FORMS[form]));
  if (form == 1) {
    tree.ignore("reference_map");
    tree.ignore("type_map");
    tree.ignore("source_info");
    tree.stringOr("expr_version", "");
    tree = tree.object("expr");
  }
  const printer = new CelPrinter();
  printer.print(tree);
  return scope.cel(printer.text());
}
