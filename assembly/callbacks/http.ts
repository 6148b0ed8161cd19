// SPDX-License-Identifier: Apache-2.0
import { enterCallback, leaveCallback } from "../abi/callback";
import { httpOf } from "../context/dispatcher";

// Each callback of a stream that the SDK does not know answers 0, which is Continue in every status enum.

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: i32): i32 {
  const outer = enterCallback("proxy_on_request_headers", id);
  const context = httpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterRequest();
    status = context._leaveRequest(context.onRequestHeaders(count, endOfStream != 0));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_request_body(id: u32, size: u32, endOfStream: i32): i32 {
  const outer = enterCallback("proxy_on_request_body", id);
  const context = httpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterRequest();
    status = context._leaveRequest(context.onRequestBody(size, endOfStream != 0));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_request_trailers(id: u32, count: u32): i32 {
  const outer = enterCallback("proxy_on_request_trailers", id);
  const context = httpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterRequest();
    status = context._leaveRequest(context.onRequestTrailers(count));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_request_metadata(id: u32, count: u32): i32 {
  const outer = enterCallback("proxy_on_request_metadata", id);
  const context = httpOf(id);
  const status = context !== null ? context.onRequestMetadata(count) : 0;
  leaveCallback(outer);
  return status;
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: i32): i32 {
  const outer = enterCallback("proxy_on_response_headers", id);
  const context = httpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterResponse();
    status = context._leaveResponse(context.onResponseHeaders(count, endOfStream != 0));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_response_body(id: u32, size: u32, endOfStream: i32): i32 {
  const outer = enterCallback("proxy_on_response_body", id);
  const context = httpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterResponse();
    status = context._leaveResponse(context.onResponseBody(size, endOfStream != 0));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_response_trailers(id: u32, count: u32): i32 {
  const outer = enterCallback("proxy_on_response_trailers", id);
  const context = httpOf(id);
  let status = 0;
  if (context !== null) {
    context._enterResponse();
    status = context._leaveResponse(context.onResponseTrailers(count));
  }
  leaveCallback(outer);
  return status;
}

export function proxy_on_response_metadata(id: u32, count: u32): i32 {
  const outer = enterCallback("proxy_on_response_metadata", id);
  const context = httpOf(id);
  const status = context !== null ? context.onResponseMetadata(count) : 0;
  leaveCallback(outer);
  return status;
}
