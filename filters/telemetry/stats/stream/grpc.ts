// SPDX-License-Identifier: Apache-2.0
import { Bytes, Property } from "tremula/assembly";

const COMMA: i32 = 0x2c;
const PLUS: i32 = 0x2b;
const GRPC: string = "application/grpc";
/** gRPC's `UNKNOWN`: what Istio takes for the status of a call that has ended without one. */
const UNKNOWN_STATUS: i32 = 2;
const LAST_STATUS: i64 = 16;

// @ts-ignore: decorator
@lazy
const COUNTS = new Property("filter_state", "envoy.filters.http.grpc_stats");
// @ts-ignore: decorator
@lazy
const REQUESTS = COUNTS.at("request_message_count");
// @ts-ignore: decorator
@lazy
const RESPONSES = COUNTS.at("response_message_count");

/** Messages of a call so far, as `readMessageCounts` found them. */
export let requestMessages: u64 = 0;
export let responseMessages: u64 = 0;

/** Whether a content type is gRPC's, alone or with a `+proto` or another behind it (Envoy: source/common/grpc/common.cc). */
export function isGrpc(contentType: Bytes | null): bool {
  if (contentType === null || !contentType.startsWith(GRPC)) return false;
  return contentType.length == GRPC.length || contentType.at(GRPC.length) == PLUS;
}

/** A status as a label has it: what is none of gRPC's is unknown, for upstreams could make labels of any number. */
export function grpcStatusOf(status: i64): i32 {
  return <u64>status <= <u64>LAST_STATUS ? <i32>status : UNKNOWN_STATUS;
}

/** Asks Envoy's filter `grpc_stats` (with `emit_filter_state`) for the messages of the stream. False when it has none. */
export function readMessageCounts(): bool {
  const text = COUNTS.get();
  if (text === null) {
    const requests = REQUESTS.getInt();
    if (requests < 0) return false;
    requestMessages = <u64>requests;
    responseMessages = <u64>max<i64>(RESPONSES.getInt(), 0);
    return true;
  }
  const comma = text.indexOfByte(COMMA);
  if (comma < 0) return false;
  requestMessages = text.slice(0, comma).toUint(0);
  responseMessages = text.slice(comma + 1).toUint(0);
  return true;
}
