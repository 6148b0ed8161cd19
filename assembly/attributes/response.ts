// SPDX-License-Identifier: Apache-2.0
import { Pairs } from "../abi/wire";
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

// @ts-ignore: decorator
@lazy
const CODE = new Property("response", "code");
// @ts-ignore: decorator
@lazy
const CODE_DETAILS = new Property("response", "code_details");
// @ts-ignore: decorator
@lazy
const FLAGS = new Property("response", "flags");
// @ts-ignore: decorator
@lazy
const GRPC_STATUS = new Property("response", "grpc_status");
// @ts-ignore: decorator
@lazy
const HEADERS = new Property("response", "headers");
// @ts-ignore: decorator
@lazy
const TRAILERS = new Property("response", "trailers");
// @ts-ignore: decorator
@lazy
const HEADERS_BYTES = new Property("response", "headers_bytes");
// @ts-ignore: decorator
@lazy
const SIZE = new Property("response", "size");
// @ts-ignore: decorator
@lazy
const TOTAL_SIZE = new Property("response", "total_size");
// @ts-ignore: decorator
@lazy
const BACKEND_LATENCY = new Property("response", "backend_latency");

/**
 * What Envoy knows of a response (its "Response attributes").
 *
 * Text is null and a number -1 when the attribute is absent. Each getter is a host call of about a microsecond: read once
 * what is used twice.
 */
export abstract class ResponseAttributes {
  /** Status code; once the headers have been received or made. */
  static get code(): i64 {
    return CODE.getInt();
  }

  /** Why Envoy gave this answer: `via_upstream`, or what a local response says. */
  static get codeDetails(): Bytes | null {
    return CODE_DETAILS.get();
  }

  /** Envoy's response flags as bits, see its access log format `%RESPONSE_FLAGS%` for their meaning. */
  static get flags(): i64 {
    return FLAGS.getInt();
  }

  /** From trailers or headers, or as Envoy derives it from the status code. */
  static get grpcStatus(): i64 {
    return GRPC_STATUS.getInt();
  }

  /** All of them, the values of a repeated one joined by commas; no pairs while there are no headers. */
  static get headers(): Pairs | null {
    return HEADERS.getPairs();
  }

  /** All of them, as `headers`. */
  static get trailers(): Pairs | null {
    return TRAILERS.getPairs();
  }

  /** Size of the headers in bytes; 0 without them. */
  static get headersBytes(): i64 {
    return HEADERS_BYTES.getInt();
  }

  /** Bytes of the body sent by now. */
  static get size(): i64 {
    return SIZE.getInt();
  }

  /** Bytes of headers, body and trailers sent by now. */
  static get totalSize(): i64 {
    return TOTAL_SIZE.getInt();
  }

  /** Nanoseconds from the first byte to the upstream to the last byte from it; once that has come. */
  static get backendLatency(): i64 {
    return BACKEND_LATENCY.getInt();
  }

  /** One header; the values of a repeated one joined by commas. Its name in lower case. */
  static header<N>(name: N): Bytes | null {
    return HEADERS.at<N>(name).get();
  }

  /** One trailer, as `header`. */
  static trailer<N>(name: N): Bytes | null {
    return TRAILERS.at<N>(name).get();
  }
}
