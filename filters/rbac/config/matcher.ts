// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonMap, JsonObject } from "tremula/assembly";
import { TextPattern } from "../conditions/text-pattern";
import { Engine } from "../decide/engine";
import { Input, InputForm } from "../matcher/input";
import { Predicate, PredicateKind } from "../matcher/predicate";
import { ListTree, MapTree, MatchTree, OnMatch, TreeAction } from "../matcher/tree";
import { TreeEngine } from "../matcher/tree-engine";
import { AttributeKind } from "../policy/attribute";
import { Action } from "../policy/policy-set";
import { readTyped } from "./extensions";
import { readInput } from "./match-input";
import { Mode } from "./options";
import { readPattern } from "./patterns";
import { Scope } from "./scope";

const ACTION: string = "envoy.config.rbac.v3.Action";
const CUSTOM: string = "must not be used: a Wasm module cannot call extensions of Envoy";

// @ts-ignore: decorator
@lazy
const ACTIONS: StaticArray<string> = ["ALLOW", "DENY", "LOG"];
// @ts-ignore: decorator
@lazy
const PREDICATES: StaticArray<string> = ["single_predicate", "or_matcher", "and_matcher", "not_matcher"];

/** Reads an `xds.type.matcher.v3.Matcher` that decides on requests. */
export function readTree(message: JsonObject, scope: Scope): Engine {
  const reader = new TreeReader(scope);
  const tree = reader.read(message);
  return new TreeEngine(tree, scope.options.mode == Mode.Strict ? reader.inputs : [], reader.logs);
}


@final
class TreeReader {
  /** All that were read. */
  readonly inputs: Array<Input> = [];
  /** Whether an action was LOG. */
  logs: bool = false;

  constructor(private readonly scope: Scope) {}

  read(message: JsonObject): MatchTree {
    const tree =
      message.oneOfOrNone(["matcher_list", "matcher_tree"]) == 1
        ? this.readMap(message.object("matcher_tree"))
        : this.readList(message.objectOrNull("matcher_list"));
    const onNoMatch = message.objectOrNull("on_no_match");
    if (onNoMatch !== null) tree.onNoMatch = this.readOnMatch(onNoMatch);
    return tree;
  }

  /** Without a list nothing matches, so that `on_no_match` decides. */
  private readList(message: JsonObject | null): MatchTree {
    const tree = new ListTree();
    if (message === null) return tree;
    const list = message.array("matchers");
    if (list.length == 0) message.refuse("matchers", "must not be empty");
    for (let i = 0; i < list.length; i++) {
      const item = list.object(i);
      tree.predicates.push(this.readPredicate(item.object("predicate")));
      tree.results.push(this.readOnMatch(item.object("on_match")));
    }
    return tree;
  }

  private readMap(message: JsonObject): MatchTree {
    const input = this.readInput(message.object("input"));
    const form = message.oneOf(["exact_match_map", "prefix_match_map", "custom_match"]);
    const tree = new MapTree(input, form == 1);
    if (form == 2) {
      message.ignore("custom_match");
      message.refuse("custom_match", CUSTOM);
      return tree;
    }
    const holder = message.object(form == 1 ? "prefix_match_map" : "exact_match_map");
    const map: JsonMap = holder.map("map");
    if (map.length == 0) holder.refuse("map", "must not be empty");
    for (let i = 0; i < map.length; i++) tree.add(map.key(i).copy(), this.readOnMatch(map.object(i)));
    return tree;
  }

  private readOnMatch(message: JsonObject): OnMatch {
    const result = new OnMatch(message.boolOr("keep_matching", false));
    const form = message.oneOf(["matcher", "action"]);
    if (form == 0) result.tree = this.read(message.object("matcher"));
    if (form == 1) {
      const action = readAction(readTyped(message.object("action"), ACTION));
      if (action.action == Action.Log) this.logs = true;
      result.action = action;
    }
    return result;
  }

  private readPredicate(message: JsonObject): Predicate {
    const form = message.oneOf(PREDICATES);
    const predicate = new Predicate(<PredicateKind>max(form, 0));
    switch (form) {
      case 0: {
        const single = message.object("single_predicate");
        predicate.input = this.readInput(single.object("input"));
        predicate.pattern = readValue(single);
        break;
      }
      case 1:
      case 2: {
        const list = message.object(unchecked(PREDICATES[form]));
        const parts = list.array("predicate");
        if (parts.length < 2) list.refuse("predicate", "must have two predicates or more");
        for (let i = 0; i < parts.length; i++) predicate.parts.push(this.readPredicate(parts.object(i)));
        break;
      }
      case 3:
        predicate.parts.push(this.readPredicate(message.object("not_matcher")));
        break;
      default:
        break;
    }
    return predicate;
  }

  private readInput(message: JsonObject): Input {
    const input = readInput(message, this.scope);
    if (input === null) return new Input(this.scope.attribute(AttributeKind.UrlPath), InputForm.Joined);
    this.inputs.push(input);
    return input;
  }
}

function readValue(message: JsonObject): TextPattern {
  if (message.oneOf(["value_match", "custom_match"]) != 1) return readPattern(message.object("value_match"));
  message.ignore("custom_match");
  message.refuse("custom_match", CUSTOM);
  return TextPattern.exact(Bytes.EMPTY);
}

function readAction(message: JsonObject): TreeAction {
  const name = message.string("name").copy();
  if (name.isEmpty) message.refuse("name", "must not be empty");
  const action: Action = message.enumerationOr("action", ACTIONS, Action.Allow);
  return new TreeAction(name, action);
}
