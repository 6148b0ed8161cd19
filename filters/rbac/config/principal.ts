// SPDX-License-Identifier: Apache-2.0
import { JsonArray, JsonMap, JsonObject } from "tremula/assembly";
import { TlsCondition } from "../conditions/peer-condition";
import { TextCondition } from "../conditions/text-condition";
import { AttributeKind } from "../policy/attribute";
import { allOf, Always, anyOf, Expression, Not } from "../policy/expression";
import { readAddress, readHiddenAddress } from "./addresses";
import { readCustom } from "./extensions";
import { readHeader } from "./headers";
import { readMetadata, readSourcedMetadata } from "./metadata";
import { onlyField } from "./only-field";
import { readPattern } from "./patterns";
import { readPath } from "./permission";
import { Scope } from "./scope";

// @ts-ignore: decorator
// prettier-ignore
@lazy
const IDENTIFIERS: StaticArray<string> = [
  "and_ids", "or_ids", "any", "authenticated", "source_ip", "direct_remote_ip", "remote_ip", "header", "url_path",
  "metadata", "filter_state", "not_id", "sourced_metadata", "custom",
];

/** Reads an `envoy.config.rbac.v3.Principal`: as deep as its document may be, which the reader of JSON limits. */
function readPrincipal(message: JsonObject, fields: JsonMap, scope: Scope): Expression {
  switch (onlyField(message, fields, IDENTIFIERS)) {
    case 0:
      return allOf(readSet(message.object("and_ids"), scope));
    case 1:
      return anyOf(readSet(message.object("or_ids"), scope));
    case 2: {
      if (!message.bool("any")) message.refuse("any", "must be true");
      return new Always();
    }
    case 3:
      return readAuthenticated(message.object("authenticated"), scope);
    case 4: {
      const place = scope.options.connectionRemote;
      const kind = AttributeKind.SourceIp;
      return readHiddenAddress(message, "source_ip", kind, place, "connection_remote_address", scope);
    }
    case 5: {
      const place = scope.options.directRemote;
      const kind = AttributeKind.DirectRemoteIp;
      return readHiddenAddress(message, "direct_remote_ip", kind, place, "direct_remote_address", scope);
    }
    case 6:
      return readAddress(message.object("remote_ip"), AttributeKind.RemoteIp, scope);
    case 7: {
      if (scope.isNetwork) message.refuse("header", "must not be used: a connection has no headers");
      return readHeader(message.object("header"), scope);
    }
    case 8:
      return readPath(message.object("url_path"), scope);
    case 9:
      return readMetadata(message.object("metadata"), AttributeKind.Metadata, scope);
    case 10:
      return readFilterState(message.object("filter_state"), scope);
    case 11: {
      scope.isGranting = !scope.isGranting;
      const inner = readPrincipal(message.object("not_id"), message.map("not_id"), scope);
      scope.isGranting = !scope.isGranting;
      return new Not(inner);
    }
    case 12:
      return readSourcedMetadata(message.object("sourced_metadata"), scope);
    case 13:
      return readCustom(message.object("custom"), scope);
    default:
      return new Always();
  }
}

/** Without a name, whoever speaks TLS (measured on 1.40.0). */
function readAuthenticated(message: JsonObject, scope: Scope): Expression {
  const name = message.objectOrNull("principal_name");
  if (name === null) return scope.leaf(new TlsCondition());
  return scope.leaf(TextCondition.of(scope.attribute(AttributeKind.Principal), readPattern(name)));
}

function readFilterState(message: JsonObject, scope: Scope): Expression {
  const key = message.string("key").copy();
  if (key.isEmpty) message.refuse("key", "must not be empty");
  const form = message.oneOf(["string_match", "address_match"]);
  const attribute = scope.attribute(AttributeKind.FilterState, key);
  if (form == 1) {
    message.ignore("address_match");
    message.refuse("address_match", "must not be used: Envoy shows Wasm such objects as text only");
    return new Always();
  }
  return scope.leaf(TextCondition.of(attribute, readPattern(message.object("string_match"))));
}

function readSet(message: JsonObject, scope: Scope): Array<Expression> {
  const list = message.array("ids");
  if (list.length == 0) message.refuse("ids", "must not be empty");
  return readPrincipals(list, scope);
}

export function readPrincipals(list: JsonArray, scope: Scope): Array<Expression> {
  const parts = new Array<Expression>();
  for (let i = 0; i < list.length; i++) parts.push(readPrincipal(list.object(i), list.map(i), scope));
  return parts;
}
