// SPDX-License-Identifier: Apache-2.0
// Every host function of proxy-wasm ABI 0.2.1 as Envoy registers it, each declared once. Only those that a filter
// reaches end up in its module. Names and types are the host's: one that differs keeps the module from loading
// (proxy-wasm-cpp-host src/wasm.cc, registerCallbacks). All return a Status, see enums.ts.

// ---- logging, time, timer

// @ts-ignore: decorator
@external("env", "proxy_log")
export declare function proxy_log(level: i32, message: usize, messageSize: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_get_log_level")
export declare function proxy_get_log_level(level: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_get_current_time_nanoseconds")
export declare function proxy_get_current_time_nanoseconds(nanoseconds: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_set_tick_period_milliseconds")
export declare function proxy_set_tick_period_milliseconds(milliseconds: u32): i32;

// ---- properties

// @ts-ignore: decorator
@external("env", "proxy_get_property")
export declare function proxy_get_property(path: usize, pathSize: usize, value: usize, valueSize: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_set_property")
export declare function proxy_set_property(path: usize, pathSize: usize, value: usize, valueSize: usize): i32;

// ---- buffers

// @ts-ignore: decorator
@external("env", "proxy_get_buffer_bytes")
export declare function proxy_get_buffer_bytes(
  type: i32,
  start: usize,
  maxSize: usize,
  data: usize,
  dataSize: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_get_buffer_status")
export declare function proxy_get_buffer_status(type: i32, size: usize, flags: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_set_buffer_bytes")
export declare function proxy_set_buffer_bytes(
  type: i32,
  start: usize,
  size: usize,
  data: usize,
  dataSize: usize,
): i32;

// ---- header maps

// @ts-ignore: decorator
@external("env", "proxy_get_header_map_size")
export declare function proxy_get_header_map_size(map: i32, size: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_get_header_map_pairs")
export declare function proxy_get_header_map_pairs(map: i32, pairs: usize, pairsSize: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_set_header_map_pairs")
export declare function proxy_set_header_map_pairs(map: i32, pairs: usize, pairsSize: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_get_header_map_value")
export declare function proxy_get_header_map_value(
  map: i32,
  key: usize,
  keySize: usize,
  value: usize,
  valueSize: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_add_header_map_value")
export declare function proxy_add_header_map_value(
  map: i32,
  key: usize,
  keySize: usize,
  value: usize,
  valueSize: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_replace_header_map_value")
export declare function proxy_replace_header_map_value(
  map: i32,
  key: usize,
  keySize: usize,
  value: usize,
  valueSize: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_remove_header_map_value")
export declare function proxy_remove_header_map_value(map: i32, key: usize, keySize: usize): i32;

// ---- streams

// @ts-ignore: decorator
@external("env", "proxy_continue_stream")
export declare function proxy_continue_stream(stream: i32): i32;

// @ts-ignore: decorator
@external("env", "proxy_close_stream")
export declare function proxy_close_stream(stream: i32): i32;

// @ts-ignore: decorator
@external("env", "proxy_send_local_response")
export declare function proxy_send_local_response(
  statusCode: u32,
  details: usize,
  detailsSize: usize,
  body: usize,
  bodySize: usize,
  headers: usize,
  headersSize: usize,
  grpcStatus: i32,
): i32;

// ---- contexts

// @ts-ignore: decorator
@external("env", "proxy_set_effective_context")
export declare function proxy_set_effective_context(context: u32): i32;

// @ts-ignore: decorator
@external("env", "proxy_done")
export declare function proxy_done(): i32;

// ---- HTTP callouts and gRPC

// @ts-ignore: decorator
@external("env", "proxy_http_call")
export declare function proxy_http_call(
  upstream: usize,
  upstreamSize: usize,
  headers: usize,
  headersSize: usize,
  body: usize,
  bodySize: usize,
  trailers: usize,
  trailersSize: usize,
  timeoutMs: u32,
  callId: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_grpc_call")
export declare function proxy_grpc_call(
  upstream: usize,
  upstreamSize: usize,
  service: usize,
  serviceSize: usize,
  method: usize,
  methodSize: usize,
  initialMetadata: usize,
  initialMetadataSize: usize,
  message: usize,
  messageSize: usize,
  timeoutMs: u32,
  callId: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_grpc_stream")
export declare function proxy_grpc_stream(
  upstream: usize,
  upstreamSize: usize,
  service: usize,
  serviceSize: usize,
  method: usize,
  methodSize: usize,
  initialMetadata: usize,
  initialMetadataSize: usize,
  streamId: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_grpc_send")
export declare function proxy_grpc_send(id: u32, message: usize, messageSize: usize, endStream: i32): i32;

// @ts-ignore: decorator
@external("env", "proxy_grpc_cancel")
export declare function proxy_grpc_cancel(id: u32): i32;

// @ts-ignore: decorator
@external("env", "proxy_grpc_close")
export declare function proxy_grpc_close(id: u32): i32;

// @ts-ignore: decorator
@external("env", "proxy_get_status")
export declare function proxy_get_status(code: usize, message: usize, messageSize: usize): i32;

// ---- shared data and queues

// @ts-ignore: decorator
@external("env", "proxy_get_shared_data")
export declare function proxy_get_shared_data(
  key: usize,
  keySize: usize,
  value: usize,
  valueSize: usize,
  cas: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_set_shared_data")
export declare function proxy_set_shared_data(
  key: usize,
  keySize: usize,
  value: usize,
  valueSize: usize,
  cas: u32,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_register_shared_queue")
export declare function proxy_register_shared_queue(name: usize, nameSize: usize, id: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_resolve_shared_queue")
export declare function proxy_resolve_shared_queue(
  vm: usize,
  vmSize: usize,
  name: usize,
  nameSize: usize,
  id: usize,
): i32;

// @ts-ignore: decorator
@external("env", "proxy_dequeue_shared_queue")
export declare function proxy_dequeue_shared_queue(id: u32, value: usize, valueSize: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_enqueue_shared_queue")
export declare function proxy_enqueue_shared_queue(id: u32, value: usize, valueSize: usize): i32;

// ---- metrics

// @ts-ignore: decorator
@external("env", "proxy_define_metric")
export declare function proxy_define_metric(type: i32, name: usize, nameSize: usize, id: usize): i32;

// @ts-ignore: decorator
@external("env", "proxy_increment_metric")
export declare function proxy_increment_metric(id: u32, delta: i64): i32;

// @ts-ignore: decorator
@external("env", "proxy_record_metric")
export declare function proxy_record_metric(id: u32, value: i64): i32;

// @ts-ignore: decorator
@external("env", "proxy_get_metric")
export declare function proxy_get_metric(id: u32, value: usize): i32;

// ---- extensions

// @ts-ignore: decorator
@external("env", "proxy_call_foreign_function")
export declare function proxy_call_foreign_function(
  name: usize,
  nameSize: usize,
  args: usize,
  argsSize: usize,
  result: usize,
  resultSize: usize,
): i32;

/** Envoy only: resolves a DNS name; the answer comes as `envoy_on_resolve_dns`. */
// @ts-ignore: decorator
@external("env", "envoy_resolve_dns")
export declare function envoy_resolve_dns(name: usize, nameSize: usize, token: usize): i32;
