// SPDX-License-Identifier: Apache-2.0
// The public names of @solo-io/proxy-runtime 0.1.15 on top of this SDK, see docs/migration.md. `tremula build` gives this
// to sources that import "@solo-io/proxy-runtime", so that they build as they are.
export { BaseContext, Context, RootContext } from "./contexts";
export {
  BufferTypeValues,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterMetadataStatusValues,
  FilterStatusValues,
  FilterTrailersStatusValues,
  GrpcStatusValues,
  LogLevelValues,
  PeerTypeValues,
  WasmResultValues,
} from "./enums";
export { HeaderPair, Headers, makeHeaderPair, stream_context } from "./headers";
export {
  call_foreign_function,
  continue_request,
  continue_response,
  get_buffer_bytes,
  get_current_time_nanoseconds,
  get_property,
  log,
  proxy_set_effective_context,
  send_http_response,
  send_local_response,
  set_property,
  set_tick_period_milliseconds,
} from "./host";
export { Counter, Gauge, Histogram } from "./metrics";
export { registerRootContext } from "./plugin";
export {
  dequeue_shared_queue,
  enqueue_shared_queue,
  get_shared_data,
  GetSharedData,
  register_shared_queue,
  resolve_shared_queue,
  set_shared_data,
} from "./shared";
