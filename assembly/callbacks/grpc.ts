// SPDX-License-Identifier: Apache-2.0
import { enterCallback, leaveCallback, makeEffective } from "../abi/callback";
import { GrpcStatus } from "../abi/enums";
import { proxy_grpc_close } from "../abi/imports";
import { Context } from "../context/context";
import { waiting } from "../context/dispatcher";
import { grpcMessage } from "../host/body";
import { countDropped } from "../host/callout";
import { statusMessage } from "../host/callout-status";
import { GrpcCallout, grpcCalloutOf, hearGrpc } from "../host/grpc";
import { GrpcCall } from "../host/grpc-call";
import { GrpcStream } from "../host/grpc-stream";
import { currentEvent, pardon } from "../host/grpc-condemned";
import { grpcInitialMetadata, grpcTrailingMetadata } from "../host/headers";
import { Bytes } from "../text/bytes";

// Envoy brings everything to the plugin; it belongs to the context that asked. A token that nobody knows is ignored: Envoy
// closes calls that it could not even start, and whose tokens it never gave.

// Initialized in the modules that have the callbacks that end calls, and in no other.
// @ts-ignore: decorator
@lazy
const HEARD: bool = hearGrpc();

export function proxy_on_grpc_receive_initial_metadata(pluginId: u32, token: u32, count: u32): void {
  const outer = enterCallback("proxy_on_grpc_receive_initial_metadata", pluginId);
  const call = grpcCalloutOf(token);
  const context = call !== null ? contextOf(call) : null;
  if (call !== null && context !== null) context.onGrpcInitialMetadata(call, grpcInitialMetadata);
  leaveCallback(outer);
}

export function proxy_on_grpc_receive(pluginId: u32, token: u32, size: u32): void {
  const outer = enterCallback("proxy_on_grpc_receive", pluginId);
  const call = HEARD ? grpcCalloutOf(token) : null;
  const context = call !== null ? contextOf(call) : null;
  if (call !== null && context !== null) {
    const message = grpcMessage.get();
    const unary = call instanceof GrpcCall;
    if (unary) call._finish();
    context.onGrpcMessage(call, message !== null ? message : Bytes.EMPTY);
    // Envoy says no more of a unary call, so this is its end, unless it has been sent again meanwhile.
    if (unary && !call.pending) context.onGrpcClose(call, GrpcStatus.Ok, Bytes.EMPTY);
  }
  leaveCallback(outer);
}

export function proxy_on_grpc_receive_trailing_metadata(pluginId: u32, token: u32, count: u32): void {
  const outer = enterCallback("proxy_on_grpc_receive_trailing_metadata", pluginId);
  const call = grpcCalloutOf(token);
  const context = call !== null ? contextOf(call) : null;
  if (call !== null && context !== null) context.onGrpcTrailingMetadata(call, grpcTrailingMetadata);
  leaveCallback(outer);
}

export function proxy_on_grpc_close(pluginId: u32, token: u32, status: u32): void {
  const outer = enterCallback("proxy_on_grpc_close", pluginId);
  const call = HEARD ? grpcCalloutOf(token) : null;
  if (call === null) {
    pardon(token);
  } else {
    const context = contextOf(call);
    const message = statusMessage();
    call._finish();
    if (context !== null) context.onGrpcClose(call, <GrpcStatus>status, message);
    // Until our half is closed too Envoy keeps the stream (source/extensions/common/wasm/context.cc, onGrpcCloseWrapper).
    if (call instanceof GrpcStream) proxy_grpc_close(token);
  }
  leaveCallback(outer);
}

/** The context that waits for a call, effective from now on; null, counted, when the host no longer has it. */
function contextOf(call: GrpcCallout): Context | null {
  if (call instanceof GrpcStream) (call as GrpcStream)._touchedIn = currentEvent();
  const context = waiting(call);
  if (context !== null && makeEffective(context.id)) return context;
  countDropped();
  return null;
}
