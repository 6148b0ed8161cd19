// SPDX-License-Identifier: Apache-2.0
import { Context, Property } from "tremula/assembly";
import { Generator, Match } from "./config";

/** What a condition has come to. */
enum Truth {
  False,
  True,
  /** It has no value, or one that is no boolean. */
  Error,
}

/** An attribute, with the filter state that it goes into. */
@final
export class Output {
  private readonly state: Property;
  private readonly aliasState: Property | null;

  constructor(private readonly generator: Generator) {
    const alias = generator.alias;
    this.state = Property.of([generator.name]);
    this.aliasState = alias !== null ? Property.of([alias]) : null;
  }

  /**
   * Gives the attribute the value of the first match; none without one.
   *
   * @param context the stream whose callback runs
   * @returns false when a condition could not be evaluated; the attribute is not there then, as a later match might not
   *   have been the one
   */
  generate(context: Context): bool {
    const matches = this.generator.matches;
    for (let i = 0; i < matches.length; i++) {
      const match = unchecked(matches[i]);
      const truth = truthOf(match, context);
      if (truth == Truth.Error) return false;
      if (truth == Truth.False) continue;
      this.state.set(match.value);
      const alias = this.aliasState;
      if (alias !== null) alias.set(match.value);
      return true;
    }
    return true;
  }
}

function truthOf(match: Match, context: Context): Truth {
  const condition = match.condition;
  if (condition === null) return Truth.True;
  const value = context.evaluate(condition);
  // A boolean is one octet.
  if (value === null || value.bytes.length != 1 || value.bytes.at(0) > 1) return Truth.Error;
  return value.bool ? Truth.True : Truth.False;
}
