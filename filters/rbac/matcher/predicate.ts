// SPDX-License-Identifier: Apache-2.0
import { TextPattern } from "../conditions/text-pattern";
import { Facts } from "../policy/facts";
import { Input } from "./input";

export enum PredicateKind {
  Single,
  Or,
  And,
  Not,
}

/** What a predicate says. */
export enum Match {
  No,
  Yes,
  /** Something that it looks at does not exist for this connection. */
  Unknown,
}

/** An `xds.type.matcher.v3.Matcher.MatcherList.Predicate`. */
@final
export class Predicate {
  /** Of a single one. */
  input: Input | null = null;
  pattern: TextPattern | null = null;
  /** Of the others. */
  readonly parts: Array<Predicate> = [];

  constructor(readonly kind: PredicateKind) {}

  match(facts: Facts): Match {
    switch (this.kind) {
      case PredicateKind.Or:
        return this.matchAny(facts);
      case PredicateKind.And:
        return this.matchAll(facts);
      case PredicateKind.Not: {
        const inner = unchecked(this.parts[0]).match(facts);
        if (inner == Match.Unknown) return inner;
        return inner == Match.Yes ? Match.No : Match.Yes;
      }
      default:
        return this.matchInput(facts);
    }
  }

  /** What is not there is not matched. */
  private matchInput(facts: Facts): Match {
    const input = this.input;
    const pattern = this.pattern;
    if (input === null || pattern === null) return Match.No;
    if (input.isUnknown(facts)) return Match.Unknown;
    const value = input.value(facts);
    return value !== null && pattern.matches(value) ? Match.Yes : Match.No;
  }

  private matchAny(facts: Facts): Match {
    let result: Match = Match.No;
    for (let i = 0; i < this.parts.length; i++) {
      const part = unchecked(this.parts[i]).match(facts);
      if (part == Match.Yes) return part;
      if (part == Match.Unknown) result = part;
    }
    return result;
  }

  private matchAll(facts: Facts): Match {
    for (let i = 0; i < this.parts.length; i++) {
      const part = unchecked(this.parts[i]).match(facts);
      if (part != Match.Yes) return part;
    }
    return Match.Yes;
  }
}
