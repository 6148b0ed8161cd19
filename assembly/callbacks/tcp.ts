// SPDX-License-Identifier: Apache-2.0
import { enterCallback, leaveCallback } from "../abi/callback";
import { PeerType } from "../abi/enums";
import { tcpOf } from "../context/dispatcher";

// Each callback of a connection that the SDK does not know answers 0, which is Continue.

export function proxy_on_new_connection(id: u32): i32 {
  const outer = enterCallback("proxy_on_new_connection", id);
  const context = tcpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterDownstream();
    status = context._leaveDownstream(context.onNewConnection());
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_downstream_data(id: u32, size: u32, endOfStream: i32): i32 {
  const outer = enterCallback("proxy_on_downstream_data", id);
  const context = tcpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterDownstream();
    status = context._leaveDownstream(context.onDownstreamData(size, endOfStream != 0));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_upstream_data(id: u32, size: u32, endOfStream: i32): i32 {
  const outer = enterCallback("proxy_on_upstream_data", id);
  const context = tcpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterUpstream();
    status = context._leaveUpstream(context.onUpstreamData(size, endOfStream != 0));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_downstream_connection_close(id: u32, peer: i32): void {
  const outer = enterCallback("proxy_on_downstream_connection_close", id);
  const context = tcpOf(id);
  if (context !== null) context.onDownstreamConnectionClose(<PeerType>peer);
  leaveCallback(outer);
}

export function proxy_on_upstream_connection_close(id: u32, peer: i32): void {
  const outer = enterCallback("proxy_on_upstream_connection_close", id);
  const context = tcpOf(id);
  if (context !== null) context.onUpstreamConnectionClose(<PeerType>peer);
  leaveCallback(outer);
}
