// SPDX-License-Identifier: Apache-2.0
import { Bytes, Expression, JsonArray, JsonObject, JsonReader, logError } from "tremula/assembly";
import { modernized } from "../stats/cel/legacy-names";

/** When an attribute is made; the numbers of Istio's `AttributeGeneration.Phase`. */
export enum Phase {
  /** When the stream has ended: the default. */
  Log,
  /** On the request's headers, so that filters behind this one see it. */
  Request,
}

const PHASES: StaticArray<string> = ["ON_LOG", "ON_REQUEST"];

const POINT: u8 = 0x2e;
const UNDERSCORE: u8 = 0x5f;

/** A value, and when it is the one. */
@final
export class Match {
  constructor(
    readonly value: Bytes,
    /** Null is always true. */
    readonly condition: Expression | null,
  ) {}
}

/** An attribute, which gets the value of the first match. */
@final
export class Generator {
  constructor(
    readonly phase: Phase,
    readonly name: Bytes,
    /** Its name with underscores for points, when it has any: expressions have no way to ask for a name with points. */
    readonly alias: Bytes | null,
    readonly matches: Match[],
  ) {}
}

/**
 * The plugin configuration of Istio's attribute generation:
 *
 *     { "attributes": [{ "output_attribute": "istio_operationId", "match": [{ "value": "GetBooks", "condition": "…" }] }] }
 *
 * with `phase: ON_REQUEST` for attributes that filters behind this one are to see. A condition is an expression in CEL;
 * without one a match is always true. A configuration with a condition that does not compile is refused (Istio's filter
 * went on without any attribute).
 */
@final
export class AttributesConfig {
  private constructor(readonly generators: Generator[]) {}

  /** Reads a plugin configuration. Null when something is wrong with it, after an error log that says what and where. */
  static parse(configuration: Bytes): AttributesConfig | null {
    const json = JsonReader.parse(configuration);
    const object = json.object();
    object.ignore("role");
    object.ignore("debug");
    const list = object.arrayOrEmpty("attributes");
    const generators = new Array<Generator>();
    for (let i = 0; i < list.length; i++) generators.push(readGenerator(list.object(i)));
    if (json.finish()) return new AttributesConfig(generators);
    logError(json.error);
    return null;
  }

  /** Frees the expressions in the host. */
  drop(): void {
    for (let i = 0; i < this.generators.length; i++) {
      const matches = this.generators[i].matches;
      for (let j = 0; j < matches.length; j++) {
        const condition = matches[j].condition;
        if (condition !== null) condition.drop();
      }
    }
  }
}

function readGenerator(object: JsonObject): Generator {
  const phase: Phase = object.enumerationOr("phase", PHASES, Phase.Log);
  const name = object.string("output_attribute").copy();
  if (name.isEmpty || name.indexOfByte(0) >= 0) object.refuse("output_attribute", "must be a name");
  return new Generator(phase, name, aliasOf(name), readMatches(object.arrayOrEmpty("match")));
}

function readMatches(list: JsonArray): Match[] {
  const matches = new Array<Match>();
  for (let i = 0; i < list.length; i++) {
    const object = list.object(i);
    const value = object.stringOr("value", Bytes.EMPTY).copy();
    const text = object.stringOr("condition", Bytes.EMPTY);
    if (text.isEmpty) {
      matches.push(new Match(value, null));
      continue;
    }
    const condition = Expression.compile(modernized(text));
    if (condition === null) object.refuse("condition", "does not compile; Envoy's log says why");
    matches.push(new Match(value, condition));
  }
  return matches;
}

function aliasOf(name: Bytes): Bytes | null {
  if (name.indexOfByte(POINT) < 0) return null;
  const alias = name.copy();
  for (let i = 0; i < alias.length; i++) {
    if (alias.at(i) == POINT) store<u8>(alias.ptr + <usize>i, UNDERSCORE);
  }
  return alias;
}
