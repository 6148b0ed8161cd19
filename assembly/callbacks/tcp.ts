// SPDX-License-Identifier: Apache-2.0
import { enterCallback } from "../abi/callback";
import { FilterStatus, PeerType } from "../abi/enums";
import { tcpOf } from "../context/dispatcher";
import { enter, leave, statusAfter } from "../context/flow";

export function proxy_on_new_connection(id: u32): i32 {
  enterCallback("proxy_on_new_connection");
  const context = tcpOf(id);
  if (context === null) return FilterStatus.Continue;
  context.downstreamFlow = enter(context.downstreamFlow);
  const returned = context.onNewConnection();
  const status = statusAfter(context.downstreamFlow, returned);
  context.downstreamFlow = leave(context.downstreamFlow, status);
  return status;
}

export function proxy_on_downstream_data(id: u32, size: u32, endOfStream: i32): i32 {
  enterCallback("proxy_on_downstream_data");
  const context = tcpOf(id);
  if (context === null) return FilterStatus.Continue;
  context.downstreamFlow = enter(context.downstreamFlow);
  const returned = context.onDownstreamData(size, endOfStream != 0);
  const status = statusAfter(context.downstreamFlow, returned);
  context.downstreamFlow = leave(context.downstreamFlow, status);
  return status;
}

export function proxy_on_upstream_data(id: u32, size: u32, endOfStream: i32): i32 {
  enterCallback("proxy_on_upstream_data");
  const context = tcpOf(id);
  if (context === null) return FilterStatus.Continue;
  context.upstreamFlow = enter(context.upstreamFlow);
  const returned = context.onUpstreamData(size, endOfStream != 0);
  const status = statusAfter(context.upstreamFlow, returned);
  context.upstreamFlow = leave(context.upstreamFlow, status);
  return status;
}

export function proxy_on_downstream_connection_close(id: u32, peer: i32): void {
  enterCallback("proxy_on_downstream_connection_close");
  const context = tcpOf(id);
  if (context !== null) context.onDownstreamConnectionClose(<PeerType>peer);
}

export function proxy_on_upstream_connection_close(id: u32, peer: i32): void {
  enterCallback("proxy_on_upstream_connection_close");
  const context = tcpOf(id);
  if (context !== null) context.onUpstreamConnectionClose(<PeerType>peer);
}
