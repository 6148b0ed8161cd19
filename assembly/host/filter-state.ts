// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { ProtobufWriter } from "../protobuf/writer";
import { Bytes } from "../text/bytes";
import { callForeignFunction, foreignStatus } from "./foreign";

// Messages of source/extensions/common/wasm/ext/{set_envoy_filter_state,declare_property}.proto in Envoy.

/** How long a filter state lives. */
export enum LifeSpan {
  /** As long as the filter chain of the stream: one request, or one connection in a network filter. */
  FilterChain = 0,
  /** As long as the request, over internal redirects. */
  DownstreamRequest = 1,
  /** As long as the client's connection: seen by all its requests. */
  DownstreamConnection = 2,
}

/** What a property holds, for those who read it through an expression. */
export enum PropertyType {
  Bytes = 0,
  String = 1,
  FlatBuffers = 2,
  Protobuf = 3,
}

/** For contexts: acts on the effective context. */
export function setFilterState<P, V>(path: P, value: V, span: LifeSpan): Status {
  const args = new ProtobufWriter(128)
    .bytes(1, path)
    .bytes(2, value)
    .uint(3, <u64>span);
  callForeignFunction("set_envoy_filter_state", args.view());
  return foreignStatus();
}

/** For plugin contexts: acts on the context whose callback runs. */
export function declare<N>(
  name: N,
  type: PropertyType,
  span: LifeSpan,
  readonly: bool,
  schema: Bytes,
): Status {
  const args = new ProtobufWriter(128)
    .bytes(1, name)
    .bool(2, readonly)
    .uint(3, <u64>type)
    .bytes(4, schema)
    .uint(5, <u64>span);
  callForeignFunction("declare_property", args.view());
  return foreignStatus();
}

/** For HTTP contexts: acts on the effective context. */
export function clearRoute(): Status {
  callForeignFunction("clear_route_cache", "");
  return foreignStatus();
}
