// SPDX-License-Identifier: Apache-2.0
// The numbers of proxy-wasm ABI 0.2.1 (spec v0.2.1, "Types"; proxy-wasm-cpp-host include/proxy-wasm/exports.h).

/** What a host function answers. `Ok` with an empty value means present and empty; `NotFound` means absent. */
export enum Status {
  Ok = 0,
  /** No such entry, property, function or context; the rule, and no error, for most of them. */
  NotFound = 1,
  /** A wrong argument, or a facility that does not exist in this callback (a header map outside its phase). */
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  BadExpression = 5,
  InvalidMemoryAccess = 6,
  /** A queue has nothing in it. */
  Empty = 7,
  /** Shared data has been written since it was read. */
  CasMismatch = 8,
  ResultMismatch = 9,
  /** The host cannot, for a reason that it does not say: no host in a cluster, for instance. */
  InternalFailure = 10,
  BrokenConnection = 11,
  /** The host lacks the function. */
  Unimplemented = 12,
}

/** Envoy's levels of logging; it writes those at and above the one of its `wasm` logger. */
export enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

/** Result of a header callback. */
export enum FilterHeadersStatus {
  /** Pass the headers to the next filter. */
  Continue = 0,
  /**
   * Hold the headers. Envoy turns this into `StopAllIterationAndWatermark` unless the plugin is configured with
   * `allow_on_headers_stop_iteration: true`; only with that do body callbacks run before the stream is continued.
   */
  StopIteration = 1,
  /** Envoy treats it as `Continue` (source/extensions/common/wasm/context.cc, convertFilterHeadersStatus). */
  ContinueAndEndStream = 2,
  /** Hold headers, body and trailers; over the buffer limit Envoy answers 413 (request) or 500 (response). */
  StopAllIterationAndBuffer = 3,
  /** Hold headers, body and trailers; over the buffer limit the peer is told to stop sending. */
  StopAllIterationAndWatermark = 4,
}

/** Result of a body callback. */
export enum FilterDataStatus {
  Continue = 0,
  /** Hold the body; the next callback sees everything so far. Over the buffer limit Envoy answers 413 or 500. */
  StopIterationAndBuffer = 1,
  /** Hold the body; over the buffer limit the peer is told to stop sending. */
  StopIterationAndWatermark = 2,
  /** Drop this chunk, unless the filter kept it. */
  StopIterationNoBuffer = 3,
}

/** Result of a trailer callback. */
export enum FilterTrailersStatus {
  /** Pass the trailers to the next filter, and what has been held before them. */
  Continue = 0,
  /** Hold them until the stream is continued. */
  StopIteration = 1,
}

/** Result of a metadata callback. */
export enum FilterMetadataStatus {
  Continue = 0,
}

/** Result of a network filter callback. */
export enum FilterStatus {
  /** Pass the data, or the new connection, to the next filter. */
  Continue = 0,
  /** Hold it; the next callback sees everything so far. */
  StopIteration = 1,
}

export enum BufferType {
  HttpRequestBody = 0,
  HttpResponseBody = 1,
  DownstreamData = 2,
  UpstreamData = 3,
  HttpCallResponseBody = 4,
  GrpcReceiveBuffer = 5,
  VmConfiguration = 6,
  PluginConfiguration = 7,
  /** Arguments of `proxy_on_foreign_function`. */
  CallData = 8,
}

export enum HeaderMapType {
  HttpRequestHeaders = 0,
  HttpRequestTrailers = 1,
  HttpResponseHeaders = 2,
  HttpResponseTrailers = 3,
  GrpcReceiveInitialMetadata = 4,
  GrpcReceiveTrailingMetadata = 5,
  HttpCallResponseHeaders = 6,
  HttpCallResponseTrailers = 7,
}

export enum StreamType {
  HttpRequest = 0,
  HttpResponse = 1,
  Downstream = 2,
  Upstream = 3,
}

/** Who closed a connection. Of an upstream's connection Envoy always says `Unknown`. */
export enum PeerType {
  Unknown = 0,
  Local = 1,
  Remote = 2,
}

export enum MetricType {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
}

/** gRPC status codes (grpc/doc/statuscodes.md); `None` marks a local response without one. */
export enum GrpcStatus {
  None = -1,
  Ok = 0,
  Canceled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
  Unauthenticated = 16,
}
