// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject, UriTemplate } from "tremula/assembly";
import { MutualTlsCondition } from "../conditions/peer-condition";
import { TemplateCondition } from "../conditions/template-condition";
import { TextCondition } from "../conditions/text-condition";
import { AttributeKind } from "../policy/attribute";
import { Always, And, Expression } from "../policy/expression";
import { readPattern } from "./patterns";
import { Scope } from "./scope";

const TEMPLATE: string = "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
const MTLS: string = "envoy.extensions.rbac.principals.mtls_authenticated.v3.Config";
const UPSTREAM: string = "envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher";

// @ts-ignore: decorator
@lazy
const SAN_TYPES: StaticArray<string> = [
  "SAN_TYPE_UNSPECIFIED",
  "EMAIL",
  "DNS",
  "URI",
  "IP_ADDRESS",
  "OTHER_NAME",
];

/** The message inside a `TypedExtensionConfig`, which must be of this type. */
export function readTyped(message: JsonObject, type: string): JsonObject {
  message.stringOr("name", "");
  const config = message.object("typed_config");
  if (!typeOf(config).equals(type)) config.refuse("@type", `must be type.googleapis.com/${type}`);
  return config;
}

/** The name of the message type that `@type` has behind its slash. */
export function typeOf(config: JsonObject): Bytes {
  const url = config.stringOr("@type", "");
  let slash = url.length - 1;
  while (slash >= 0 && url.at(slash) != 0x2f) slash--;
  return url.slice(slash + 1);
}

/** Reads `uri_template`. */
export function readTemplate(message: JsonObject, scope: Scope): Expression {
  const config = readTyped(message, TEMPLATE);
  const template = UriTemplate.read(config);
  const text = config.stringOr("path_template", "");
  return scope.leaf(TemplateCondition.of(scope.attribute(AttributeKind.UrlPath), text, template));
}

/** Reads `matcher`, of which Envoy has one kind: refused. */
export function readMatcher(message: JsonObject): Expression {
  const config = message.object("typed_config");
  message.ignore("typed_config");
  message.stringOr("name", "");
  const reason = typeOf(config).equals(UPSTREAM)
    ? "must not be used: the upstream's address is in a filter state object that Envoy does not show to Wasm"
    : "must not be used: a Wasm module cannot call extensions of Envoy";
  message.refuse("typed_config", reason);
  return new Always();
}

/** Reads `custom`, of which Envoy has one kind: `mtls_authenticated`. */
export function readCustom(message: JsonObject, scope: Scope): Expression {
  const config = readTyped(message, MTLS);
  if (!scope.options.verifiesClients) {
    message.refuseAll(
      "must not be used without client_certificates_verified: Envoy does not tell Wasm whether a certificate was verified (see README.md)",
    );
  }
  const matcher = config.objectOrNull("san_matcher");
  const isAny = config.boolOr("any_validated_client_certificate", false);
  if (matcher === null && !isAny)
    config.refuseAll("must have san_matcher or any_validated_client_certificate");
  const certificate = scope.leaf(new MutualTlsCondition());
  if (matcher === null) return certificate;
  const type = matcher.enumerationOr("san_type", SAN_TYPES, 0);
  const pattern = readPattern(matcher.object("matcher"));
  if (type != 2 && type != 3) {
    matcher.refuse("san_type", "must be DNS or URI: of other names Envoy tells Wasm nothing");
  }
  const names = scope.attribute(type == 2 ? AttributeKind.DnsName : AttributeKind.UriName);
  return new And([certificate, scope.leaf(TextCondition.of(names, pattern))]);
}
