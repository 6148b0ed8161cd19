// SPDX-License-Identifier: Apache-2.0
export {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterStatus,
  FilterTrailersStatus,
  GrpcStatus,
  PeerType,
  Status,
} from "./abi/enums";
export { PairList, Pairs } from "./abi/wire";
export { Context } from "./context/context";
export { HttpContext } from "./context/http";
export { PluginContext } from "./context/plugin";
export { registerPlugin, registerVm } from "./context/registry";
export { TcpContext } from "./context/tcp";
export { VmContext } from "./context/vm";
export { HostBuffer } from "./host/body";
export { HeaderMap } from "./host/headers";
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
export { currentTimeNanoseconds } from "./host/time";
export { JsonArray, JsonMap } from "./json/list";
export { JsonObject } from "./json/object";
export { JsonReader } from "./json/reader";
export { JsonKind, JsonValue } from "./json/value";
export { Bytes } from "./text/bytes";
export { ByteWriter } from "./text/writer";
