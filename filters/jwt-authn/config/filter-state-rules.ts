// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { Mode } from "./mode";
import { Names } from "./names";
import { Requirement } from "./requirement";

/** Requirements that the filter state of a stream chooses among, where no rule matches. */
@final
export class FilterStateRules {
  /** Key of the filter state. */
  readonly name: Bytes;
  /** Its values, and of each the requirement, by the same index. */
  readonly values: Bytes[];
  readonly requirements: Requirement[];

  constructor(object: JsonObject, providers: Names, mode: Mode) {
    const name = object.stringOr("name", Bytes.EMPTY);
    if (name.isEmpty) object.refuse("name", "must not be empty");
    const values = new Array<Bytes>();
    const requirements = new Array<Requirement>();
    const requires = object.mapOrEmpty("requires");
    for (let i = 0; i < requires.length; i++) {
      values.push(requires.key(i));
      requirements.push(Requirement.read(requires.object(i), providers, mode));
    }
    this.name = name;
    this.values = values;
    this.requirements = requirements;
  }

  /** The requirement for a value of the filter state, or null. */
  find(value: Bytes): Requirement | null {
    const values = this.values;
    for (let i = 0; i < values.length; i++) {
      if (unchecked(values[i]).equals(value)) return unchecked(this.requirements[i]);
    }
    return null;
  }
}
