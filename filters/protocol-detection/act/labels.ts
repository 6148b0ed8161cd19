// SPDX-License-Identifier: Apache-2.0
import { Bytes, LifeSpan, PluginContext, Property, PropertyType } from "tremula/assembly";

// Filter state `wasm.protocol_detection.…`, for access logs, RBAC and telemetry. It lives as long as the connection, so that
// the requests of a connection manager behind this filter see it too.

const PROTOCOL: string = "protocol_detection.protocol";
const REASON: string = "protocol_detection.reason";
const SERVER_NAME: string = "protocol_detection.server_name";
const ALPN: string = "protocol_detection.alpn";
const PROXY_SOURCE: string = "protocol_detection.proxy_source";

// @ts-ignore: decorator
@lazy
const PROTOCOL_STATE = new Property(PROTOCOL);
// @ts-ignore: decorator
@lazy
const REASON_STATE = new Property(REASON);
// @ts-ignore: decorator
@lazy
const SERVER_NAME_STATE = new Property(SERVER_NAME);
// @ts-ignore: decorator
@lazy
const ALPN_STATE = new Property(ALPN);
// @ts-ignore: decorator
@lazy
const PROXY_SOURCE_STATE = new Property(PROXY_SOURCE);

/**
 * In `onConfigure`: makes the labels strings to expressions. All but the protocol can be set once, so that no other module
 * changes them; the protocol may be refined later.
 */
export function declareLabels(plugin: PluginContext): void {
  plugin.declareProperty(PROTOCOL, PropertyType.String, LifeSpan.DownstreamConnection);
  plugin.declareProperty(REASON, PropertyType.String, LifeSpan.DownstreamConnection, true);
  plugin.declareProperty(SERVER_NAME, PropertyType.String, LifeSpan.DownstreamConnection, true);
  plugin.declareProperty(ALPN, PropertyType.String, LifeSpan.DownstreamConnection, true);
  plugin.declareProperty(PROXY_SOURCE, PropertyType.String, LifeSpan.DownstreamConnection, true);
}

/** What the connection speaks. */
export function labelProtocol(name: Bytes): void {
  PROTOCOL_STATE.set(name);
}

/** How that is known. */
export function labelReason(name: Bytes): void {
  REASON_STATE.set(name);
}

/** What a ClientHello asks for: the server's name, and application protocols with commas between them. */
export function labelHello(serverName: Bytes | null, protocols: Bytes | null): void {
  if (serverName !== null) SERVER_NAME_STATE.set(serverName);
  if (protocols !== null) ALPN_STATE.set(protocols);
}

/** Where the connection comes from by a PROXY header that was declared. */
export function labelProxySource(address: Bytes): void {
  PROXY_SOURCE_STATE.set(address);
}
