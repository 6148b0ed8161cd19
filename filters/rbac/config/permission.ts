// SPDX-License-Identifier: Apache-2.0
import { JsonArray, JsonMap, JsonObject } from "tremula/assembly";
import { TextCondition } from "../conditions/text-condition";
import { AttributeKind } from "../policy/attribute";
import { allOf, Always, anyOf, Expression, Not } from "../policy/expression";
import { readAddress, readPort, readPorts } from "./addresses";
import { readMatcher, readTemplate } from "./extensions";
import { readHeader } from "./headers";
import { readMetadata, readSourcedMetadata } from "./metadata";
import { onlyField } from "./only-field";
import { readPattern } from "./patterns";
import { Scope } from "./scope";

// @ts-ignore: decorator
// prettier-ignore
@lazy
const RULES: StaticArray<string> = [
  "and_rules", "or_rules", "any", "header", "url_path", "destination_ip", "destination_port", "destination_port_range",
  "metadata", "not_rule", "requested_server_name", "matcher", "uri_template", "sourced_metadata",
];

/** Reads an `envoy.config.rbac.v3.Permission`: as deep as its document may be, which the reader of JSON limits. */
function readPermission(message: JsonObject, fields: JsonMap, scope: Scope): Expression {
  switch (onlyField(message, fields, RULES)) {
    case 0:
      return allOf(readSet(message.object("and_rules"), scope));
    case 1:
      return anyOf(readSet(message.object("or_rules"), scope));
    case 2: {
      if (!message.bool("any")) message.refuse("any", "must be true");
      return new Always();
    }
    case 3: {
      if (scope.isNetwork) message.refuse("header", "must not be used: a connection has no headers");
      return readHeader(message.object("header"), scope);
    }
    case 4:
      return readPath(message.object("url_path"), scope);
    case 5:
      return readAddress(message.object("destination_ip"), AttributeKind.DestinationIp, scope);
    case 6:
      return readPort(message, "destination_port", scope);
    case 7:
      return readPorts(message.object("destination_port_range"), scope);
    case 8:
      return readMetadata(message.object("metadata"), AttributeKind.Metadata, scope);
    case 9: {
      scope.isGranting = !scope.isGranting;
      const inner = readPermission(message.object("not_rule"), message.map("not_rule"), scope);
      scope.isGranting = !scope.isGranting;
      return new Not(inner);
    }
    case 10: {
      const pattern = readPattern(message.object("requested_server_name"));
      return scope.leaf(TextCondition.of(scope.attribute(AttributeKind.RequestedServerName), pattern));
    }
    case 11:
      return readMatcher(message.object("matcher"));
    case 12:
      return readTemplate(message.object("uri_template"), scope);
    case 13:
      return readSourcedMetadata(message.object("sourced_metadata"), scope);
    default:
      return new Always();
  }
}

/** Reads an `envoy.type.matcher.v3.PathMatcher`. */
export function readPath(message: JsonObject, scope: Scope): Expression {
  const pattern = readPattern(message.object("path"));
  return scope.leaf(TextCondition.of(scope.attribute(AttributeKind.UrlPath), pattern));
}

function readSet(message: JsonObject, scope: Scope): Array<Expression> {
  const list = message.array("rules");
  if (list.length == 0) message.refuse("rules", "must not be empty");
  return readPermissions(list, scope);
}

export function readPermissions(list: JsonArray, scope: Scope): Array<Expression> {
  const parts = new Array<Expression>();
  for (let i = 0; i < list.length; i++) parts.push(readPermission(list.object(i), list.map(i), scope));
  return parts;
}
