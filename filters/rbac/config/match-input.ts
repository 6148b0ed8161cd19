// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { Input, InputForm } from "../matcher/input";
import { AttributeKind } from "../policy/attribute";
import { typeOf } from "./extensions";
import { readHeaderName } from "./headers";
import { Scope } from "./scope";

const HEADER: string = "envoy.type.matcher.v3.HttpRequestHeaderMatchInput";
const NETWORK: string = "envoy.extensions.matching.common_inputs.network.v3.";
const SSL: string = "envoy.extensions.matching.common_inputs.ssl.v3.";

/** Reads a data input: those that the native filter takes, apart from CEL's. Null for others, which is an error. */
export function readInput(message: JsonObject, scope: Scope): Input | null {
  message.stringOr("name", "");
  const config = message.object("typed_config");
  const type = typeOf(config);
  if (type.equals(HEADER) && !scope.isNetwork) {
    const name = readHeaderName(config, "header_name");
    const isHost = name.equals("host");
    const attribute = scope.attribute(AttributeKind.Header, isHost ? Bytes.of(":authority") : name);
    return new Input(attribute, InputForm.Joined);
  }
  const kind = kindOf(type);
  if (kind < 0) {
    config.refuse("@type", "must be an input of headers, addresses, ports, server names or certificates");
    return null;
  }
  if (kind == AttributeKind.DirectRemoteIp && scope.options.directRemote === null) {
    config.refuse("@type", "must not be DirectSourceIPInput without direct_remote_address (see README.md)");
  }
  const isPort = type.endsWith("PortInput");
  const isAddress = type.endsWith("IPInput");
  const form = isPort ? InputForm.Port : isAddress ? InputForm.Address : InputForm.Joined;
  return new Input(scope.attribute(<AttributeKind>kind), form);
}

/** The attribute that an input is made of, or -1. */
function kindOf(type: Bytes): i32 {
  if (type.startsWith(NETWORK)) {
    const name = type.slice(NETWORK.length);
    if (name.equals("DestinationIPInput")) return AttributeKind.DestinationIp;
    if (name.equals("DestinationPortInput")) return AttributeKind.DestinationPort;
    if (name.equals("SourceIPInput") || name.equals("SourcePortInput")) return AttributeKind.RemoteIp;
    if (name.equals("DirectSourceIPInput")) return AttributeKind.DirectRemoteIp;
    if (name.equals("ServerNameInput")) return AttributeKind.RequestedServerName;
  } else if (type.startsWith(SSL)) {
    const name = type.slice(SSL.length);
    if (name.equals("UriSanInput")) return AttributeKind.UriName;
    if (name.equals("DnsSanInput")) return AttributeKind.DnsName;
    if (name.equals("SubjectInput")) return AttributeKind.Subject;
  }
  return -1;
}
