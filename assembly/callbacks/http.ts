// SPDX-License-Identifier: Apache-2.0
import { enterCallback } from "../abi/callback";
import { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from "../abi/enums";
import { httpOf } from "../context/dispatcher";
import { enter, leave, statusAfter } from "../context/flow";

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: i32): i32 {
  enterCallback("proxy_on_request_headers");
  const context = httpOf(id);
  if (context === null) return FilterHeadersStatus.Continue;
  context.requestFlow = enter(context.requestFlow);
  const returned = context.onRequestHeaders(count, endOfStream != 0);
  const status = statusAfter(context.requestFlow, returned);
  context.requestFlow = leave(context.requestFlow, status);
  return status;
}

export function proxy_on_request_body(id: u32, size: u32, endOfStream: i32): i32 {
  enterCallback("proxy_on_request_body");
  const context = httpOf(id);
  if (context === null) return FilterDataStatus.Continue;
  context.requestFlow = enter(context.requestFlow);
  const returned = context.onRequestBody(size, endOfStream != 0);
  const status = statusAfter(context.requestFlow, returned);
  context.requestFlow = leave(context.requestFlow, status);
  return status;
}

export function proxy_on_request_trailers(id: u32, count: u32): i32 {
  enterCallback("proxy_on_request_trailers");
  const context = httpOf(id);
  if (context === null) return FilterTrailersStatus.Continue;
  context.requestFlow = enter(context.requestFlow);
  const returned = context.onRequestTrailers(count);
  const status = statusAfter(context.requestFlow, returned);
  context.requestFlow = leave(context.requestFlow, status);
  return status;
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: i32): i32 {
  enterCallback("proxy_on_response_headers");
  const context = httpOf(id);
  if (context === null) return FilterHeadersStatus.Continue;
  context.responseFlow = enter(context.responseFlow);
  const returned = context.onResponseHeaders(count, endOfStream != 0);
  const status = statusAfter(context.responseFlow, returned);
  context.responseFlow = leave(context.responseFlow, status);
  return status;
}

export function proxy_on_response_body(id: u32, size: u32, endOfStream: i32): i32 {
  enterCallback("proxy_on_response_body");
  const context = httpOf(id);
  if (context === null) return FilterDataStatus.Continue;
  context.responseFlow = enter(context.responseFlow);
  const returned = context.onResponseBody(size, endOfStream != 0);
  const status = statusAfter(context.responseFlow, returned);
  context.responseFlow = leave(context.responseFlow, status);
  return status;
}

export function proxy_on_response_trailers(id: u32, count: u32): i32 {
  enterCallback("proxy_on_response_trailers");
  const context = httpOf(id);
  if (context === null) return FilterTrailersStatus.Continue;
  context.responseFlow = enter(context.responseFlow);
  const returned = context.onResponseTrailers(count);
  const status = statusAfter(context.responseFlow, returned);
  context.responseFlow = leave(context.responseFlow, status);
  return status;
}
