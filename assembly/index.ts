// SPDX-License-Identifier: Apache-2.0
export {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterMetadataStatus,
  FilterStatus,
  FilterTrailersStatus,
  GrpcStatus,
  PeerType,
  Status,
} from "./abi/enums";
export { Steps } from "./abi/steps";
export { PairList, Pairs } from "./abi/wire";
export { ConnectionAttributes } from "./attributes/connection";
export { DestinationAttributes } from "./attributes/destination";
export { FilterState } from "./attributes/filter-state";
export { Metadata } from "./attributes/metadata";
export { PluginAttributes } from "./attributes/plugin";
export { RequestAttributes } from "./attributes/request";
export { ResponseAttributes } from "./attributes/response";
export { SourceAttributes } from "./attributes/source";
export { UpstreamAttributes } from "./attributes/upstream";
export { TrafficDirection, XdsAttributes } from "./attributes/xds";
export { Context } from "./context/context";
export { HttpContext } from "./context/http";
export { PluginContext } from "./context/plugin";
export { registerPlugin, registerVm } from "./context/registry";
export { TcpContext } from "./context/tcp";
export { VmContext } from "./context/vm";
export { HostBuffer } from "./host/body";
export { Callout } from "./host/callout";
export { DnsAnswer, DnsQuery } from "./host/dns-query";
export { Environment } from "./host/environment";
export { Expression } from "./host/expression";
export { LifeSpan, PropertyType } from "./host/filter-state";
export { callForeignFunction, compress, foreignStatus, uncompress } from "./host/foreign";
export { GrpcCallout } from "./host/grpc";
export { GrpcCall } from "./host/grpc-call";
export { GrpcStream } from "./host/grpc-stream";
export { HeaderMap } from "./host/headers";
export { HttpCall } from "./host/http-call";
export { HttpCallResponse } from "./host/http-call-response";
export { LocalResponse } from "./host/local-response";
export {
  log,
  logCritical,
  logDebug,
  logEnabled,
  logError,
  logInfo,
  LogLevel,
  logTrace,
  logWarn,
} from "./host/log";
export { Counter, Gauge, Histogram } from "./host/metric";
export { Property } from "./host/property";
export { SharedQueue } from "./host/queue";
export { randomBelow, randomBytes } from "./host/random";
export { SharedCounter } from "./host/shared-counter";
export { SharedData } from "./host/shared-data";
export { sign, SignatureCheck, verifySignature } from "./host/signature";
export { TaggedCounter, TaggedGauge, TaggedHistogram } from "./host/tagged-metric";
export { currentTimeNanoseconds, monotonicNanoseconds } from "./host/time";
export { Value } from "./host/value";
export { JsonDocument, JsonEntry } from "./json/document";
export { JsonKind } from "./json/kind";
export { JsonArray, JsonMap } from "./json/list";
export { JsonObject } from "./json/object";
export { JsonReader } from "./json/reader";
export { JsonValue } from "./json/value";
export { HeaderMatcher } from "./match/header";
export { HeaderTable } from "./match/header-table";
export { MetadataMatcher } from "./match/metadata";
export { pathLength, PathMatcher } from "./match/path";
export { QueryParameterMatcher } from "./match/query";
export { DoubleRange, IntegerRange } from "./match/range";
export { RouteMatch } from "./match/route";
export { ListStringMatcher, StringMatcher } from "./match/string";
export { UriTemplate } from "./match/uri-template";
export { MatchedValue, ValueKind, ValueMatcher } from "./match/value";
export { CidrRange } from "./net/cidr";
export { IpAddress } from "./net/ip";
export { ProtobufReader } from "./protobuf/reader";
export { WireType } from "./protobuf/wire-type";
export { ProtobufWriter } from "./protobuf/writer";
export { Regex } from "./regex/regex";
export { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "./text/base64";
export { Bytes } from "./text/bytes";
export { ListReader } from "./text/list";
export { OctetCache, OctetCacheEntry } from "./text/octet-cache";
export { ByteWriter } from "./text/writer";
