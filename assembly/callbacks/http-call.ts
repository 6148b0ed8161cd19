// SPDX-License-Identifier: Apache-2.0
import { enterCallback, leaveCallback, makeEffective } from "../abi/callback";
import { waiting } from "../context/dispatcher";
import { countDropped, countUnknown } from "../host/callout";
import { answered, hear } from "../host/http-call";
import { HttpCallResponse } from "../host/http-call-response";

// Initialized in the modules that have the callback below, and in no other.
// @ts-ignore: decorator
@lazy
const HEARD: bool = hear();

/** Envoy brings every answer to the plugin; it belongs to the stream that asked. */
export function proxy_on_http_call_response(
  pluginId: u32,
  token: u32,
  headerCount: u32,
  bodySize: u32,
  trailerCount: u32,
): void {
  const outer = enterCallback("proxy_on_http_call_response", pluginId);
  const call = HEARD ? answered(token) : null;
  if (call === null) {
    countUnknown();
  } else {
    const context = waiting(call);
    call._release();
    if (context !== null && makeEffective(context.id)) {
      context.onHttpCallResponse(call, new HttpCallResponse(headerCount, bodySize));
    } else {
      countDropped();
    }
  }
  leaveCallback(outer);
}
