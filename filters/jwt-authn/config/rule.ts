// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject, RouteMatch } from "tremula/assembly";
import { Mode } from "./mode";
import { Names } from "./names";
import { Requirement } from "./requirement";

/** What requests a rule is for, and what it asks of them. The first rule that matches decides. */
@final
export class Rule {
  private constructor(
    readonly match: RouteMatch,
    /** Null when such requests need no token and none is looked at. */
    readonly requirement: Requirement | null,
  ) {}

  /**
   * @param names of `requirements`, for `requirement_name`
   */
  static read(
    object: JsonObject,
    providers: Names,
    names: Names,
    requirements: Requirement[],
    mode: Mode,
  ): Rule {
    const match = RouteMatch.read(object.object("match"));
    const which = object.oneOfOrNone(["requires", "requirement_name"]);
    let requirement: Requirement | null = null;
    if (which == 0) requirement = Requirement.read(object.object("requires"), providers, mode);
    else if (which == 1) {
      const name = object.string("requirement_name");
      const index = names.indexOf(name);
      if (index >= 0) requirement = requirements[index];
      else if (name.isEmpty) object.refuse("requirement_name", "must not be empty");
      else {
        object.refuse("requirement_name", Bytes.of('there is no requirement "').concat(name).concat('"'));
      }
    }
    return new Rule(match, requirement);
  }
}
