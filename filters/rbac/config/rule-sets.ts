// SPDX-License-Identifier: Apache-2.0
import { JsonObject, logWarn } from "tremula/assembly";
import { Engine, PolicyEngine } from "../decide/engine";
import { Rules } from "../decide/rules";
import { readTree } from "./matcher";
import { readRules } from "./rules";
import { Scope } from "./scope";

/** Reads what is enforced and what is only tried: `rules` or `matcher`, and `shadow_rules` or `shadow_matcher`. */
export function readRuleSets(message: JsonObject, scope: Scope): Rules {
  return new Rules(
    readEngine(message, "rules", "matcher", scope),
    readEngine(message, "shadow_rules", "shadow_matcher", scope),
  );
}

/** A matching tree hides rules, as natively. */
function readEngine(message: JsonObject, rules: string, matcher: string, scope: Scope): Engine | null {
  const set = message.objectOrNull(rules);
  const engine: Engine | null = set !== null ? new PolicyEngine(readRules(set, scope)) : null;
  const tree = message.objectOrNull(matcher);
  if (tree === null) return engine;
  if (set !== null) logWarn(`rbac: ${rules} is not used, as there is ${matcher}`);
  return readTree(tree, scope);
}
