// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonArray } from "tremula/assembly";
import { isGreetingOnly } from "../declare/server-first";
import { parseProtocol, Protocol } from "../detect/protocol";

/** All that a connection manager takes. */
export const HTTP: string = "http";
/** What is not to be looked at. */
export const TCP: string = "tcp";
/** What is to be found out. */
export const AUTO: string = "auto";
/** What stands for every verdict that has no action of its own. */
export const ANY: string = "*";
export const UNKNOWN: string = "unknown";

/** The name by which a protocol goes here, for those that Istio and Kubernetes call otherwise. */
export function canonical(name: string): string {
  if (name == "https") return "tls";
  if (name == "grpc-web" || name == "http_proxy") return HTTP;
  return name;
}

/** The protocol of a name, or `Unknown` for names that are no single protocol's. */
export function protocolOf(name: string): Protocol {
  return parseProtocol(Bytes.fromString(name));
}

/** Whether a name is that of one protocol. */
export function isProtocol(name: string): bool {
  return protocolOf(name) != Protocol.Unknown;
}

/** What an action of a name falls back to; `ANY` has nothing behind it. */
export function familyOf(name: string): string {
  if (name == "grpc") return "http2";
  return name == "http2" || name == "http/1.0" || name == "http/1.1" ? HTTP : ANY;
}

/** The protocols whose first octets a name stands for. */
export function membersOf(name: string): Array<Protocol> {
  if (name == "grpc") return [Protocol.Http2];
  if (name != HTTP) return [protocolOf(name)];
  return [Protocol.Http10, Protocol.Http11, Protocol.Http2];
}

/** Reads a list of names of protocols. */
export function protocolsOf(names: JsonArray): Array<Protocol> {
  const protocols: Array<Protocol> = [];
  for (let i = 0; i < names.length; i++) {
    const name = canonical(names.string(i).toString());
    if (name != HTTP && !isProtocol(name)) {
      names.refuse(i, "must be a protocol or http");
      break;
    }
    if (isGreetingOnly(protocolOf(name))) {
      names.refuse(i, "must be a protocol whose client speaks first: declare the others");
      break;
    }
    const members = membersOf(name);
    // Where it is asked for, gRPC is told from other HTTP/2.
    if (name == "grpc") members.push(Protocol.Grpc);
    for (let j = 0; j < members.length; j++) if (!protocols.includes(members[j])) protocols.push(members[j]);
  }
  return protocols;
}

/** Whether a protocol is one that a connection manager takes. */
export function isHttp(protocol: Protocol): bool {
  return (
    protocol == Protocol.Http10 ||
    protocol == Protocol.Http11 ||
    protocol == Protocol.Http2 ||
    protocol == Protocol.Grpc
  );
}
