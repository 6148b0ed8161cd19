// SPDX-License-Identifier: Apache-2.0
import { ByteWriter, JsonArray, JsonObject, MetadataMatcher } from "tremula/assembly";
import { MetadataCondition } from "../conditions/metadata-condition";
import { TextPattern } from "../conditions/text-pattern";
import { keyWriter } from "../conditions/key";
import { AttributeKind } from "../policy/attribute";
import { Expression } from "../policy/expression";
import { readPattern } from "./patterns";
import { Scope } from "./scope";

// @ts-ignore: decorator
// prettier-ignore
@lazy
const PATTERNS: StaticArray<string> = [
  "null_match", "double_match", "string_match", "bool_match", "present_match", "list_match", "or_match",
];
// @ts-ignore: decorator
@lazy
const SOURCES: StaticArray<string> = ["DYNAMIC", "ROUTE"];

/** Reads an `envoy.type.matcher.v3.MetadataMatcher` for metadata of one kind or the other. */
export function readMetadata(message: JsonObject, kind: AttributeKind, scope: Scope): Expression {
  const matcher = MetadataMatcher.read(message);
  const attribute = scope.attribute(kind, matcher.filter, matcher.path);
  const isInverted = message.boolOr("invert", false);
  const key = keyWriter("m", attribute).writeByte(u8(isInverted));
  const pattern = describeValue(message.object("value"), key, false);
  return scope.leaf(new MetadataCondition(key.toBytes(), attribute, matcher, isInverted ? null : pattern));
}

/** Reads an `envoy.config.rbac.v3.SourcedMetadata`. */
export function readSourcedMetadata(message: JsonObject, scope: Scope): Expression {
  const source = message.enumerationOr("metadata_source", SOURCES, 0);
  const kind = source == 0 ? AttributeKind.Metadata : AttributeKind.RouteMetadata;
  return readMetadata(message.object("metadata_matcher"), kind, scope);
}

/**
 * Writes what makes a `ValueMatcher` this one and no other. `MetadataMatcher.read` has checked it.
 *
 * @param isElement whether it is asked of the elements of a list
 * @returns the pattern that a string, or a string of a list, must match in any case; null when there is no such one
 */
function describeValue(message: JsonObject, key: ByteWriter, isElement: bool): TextPattern | null {
  const form = message.oneOf(PATTERNS);
  key.writeByte(<u8>(form + 1));
  switch (form) {
    case 1: {
      describeDouble(message.object("double_match"), key);
      return null;
    }
    case 2: {
      const pattern = readPattern(message.object("string_match"));
      pattern.writeKey(key);
      return pattern;
    }
    case 3: {
      key.writeByte(u8(message.bool("bool_match")));
      return null;
    }
    case 4: {
      key.writeByte(u8(message.bool("present_match")));
      return null;
    }
    case 5: {
      const pattern = describeValue(message.object("list_match").object("one_of"), key, true);
      // What lists in a list hold are no values of the attribute.
      return isElement ? null : pattern;
    }
    case 6:
      return describeAny(message.object("or_match").array("value_matchers"), key, isElement);
    default:
      return null;
  }
}

function describeAny(matchers: JsonArray, key: ByteWriter, isElement: bool): TextPattern | null {
  let common: TextPattern | null = null;
  let isCommon = true;
  key.writeLE<i32>(matchers.length);
  for (let i = 0; i < matchers.length; i++) {
    const pattern = describeValue(matchers.object(i), key, isElement);
    if (pattern === null || (common !== null && !common.equals(pattern))) isCommon = false;
    common = pattern;
  }
  return isCommon ? common : null;
}

function describeDouble(message: JsonObject, key: ByteWriter): void {
  const range = message.objectOrNull("range");
  if (range === null) key.write("=").writeLE<u64>(reinterpret<u64>(message.f64Or("exact", 0)));
  else {
    key.write("[").writeLE<u64>(reinterpret<u64>(range.f64Or("start", 0)));
    key.writeLE<u64>(reinterpret<u64>(range.f64Or("end", 0)));
  }
}
