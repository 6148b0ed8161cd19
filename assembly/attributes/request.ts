// SPDX-License-Identifier: Apache-2.0
import { Pairs } from "../abi/wire";
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

// @ts-ignore: decorator
@lazy
const PATH = new Property("request", "path");
// @ts-ignore: decorator
@lazy
const URL_PATH = new Property("request", "url_path");
// @ts-ignore: decorator
@lazy
const HOST = new Property("request", "host");
// @ts-ignore: decorator
@lazy
const SCHEME = new Property("request", "scheme");
// @ts-ignore: decorator
@lazy
const METHOD = new Property("request", "method");
// @ts-ignore: decorator
@lazy
const REFERER = new Property("request", "referer");
// @ts-ignore: decorator
@lazy
const USERAGENT = new Property("request", "useragent");
// @ts-ignore: decorator
@lazy
const ID = new Property("request", "id");
// @ts-ignore: decorator
@lazy
const PROTOCOL = new Property("request", "protocol");
// @ts-ignore: decorator
@lazy
const QUERY = new Property("request", "query");
// @ts-ignore: decorator
@lazy
const HEADERS = new Property("request", "headers");
// @ts-ignore: decorator
@lazy
const HEADERS_BYTES = new Property("request", "headers_bytes");
// @ts-ignore: decorator
@lazy
const SIZE = new Property("request", "size");
// @ts-ignore: decorator
@lazy
const TOTAL_SIZE = new Property("request", "total_size");
// @ts-ignore: decorator
@lazy
const TIME = new Property("request", "time");
// @ts-ignore: decorator
@lazy
const DURATION = new Property("request", "duration");

/**
 * What Envoy knows of a request (its "Request attributes").
 *
 * Text is null and a number -1 when the attribute is absent. Each getter is a host call of about a microsecond: read once
 * what is used twice.
 */
export abstract class RequestAttributes {
  /** With the query. While the request's headers are there, and in `onLog`; as all that is made from headers. */
  static get path(): Bytes | null {
    return PATH.get();
  }

  /** Without the query. */
  static get urlPath(): Bytes | null {
    return URL_PATH.get();
  }

  /** The `:authority`, or `host`, header. */
  static get host(): Bytes | null {
    return HOST.get();
  }

  /** `http` or `https`, as the client, or the proxy before this one, says. */
  static get scheme(): Bytes | null {
    return SCHEME.get();
  }

  /** In capitals, as it came. */
  static get method(): Bytes | null {
    return METHOD.get();
  }

  /** The `referer` header. */
  static get referer(): Bytes | null {
    return REFERER.get();
  }

  /** The `user-agent` header. */
  static get useragent(): Bytes | null {
    return USERAGENT.get();
  }

  /** The `x-request-id` header, which Envoy makes when there is none. */
  static get id(): Bytes | null {
    return ID.get();
  }

  /** `HTTP/1.0`, `HTTP/1.1`, `HTTP/2` or `HTTP/3`. All phases of a stream. */
  static get protocol(): Bytes | null {
    return PROTOCOL.get();
  }

  /** After the `?`; empty when there is none. */
  static get query(): Bytes | null {
    return QUERY.get();
  }

  /** All of them, the values of a repeated one joined by commas; no pairs while there are no headers. */
  static get headers(): Pairs | null {
    return HEADERS.getPairs();
  }

  /** Size of the headers in bytes; 0 without them. */
  static get headersBytes(): i64 {
    return HEADERS_BYTES.getInt();
  }

  /** Bytes of the body: what `content-length` says, or those received by now. */
  static get size(): i64 {
    return SIZE.getInt();
  }

  /** Bytes of body and headers received by now. */
  static get totalSize(): i64 {
    return TOTAL_SIZE.getInt();
  }

  /** When the first byte came: nanoseconds since the Unix epoch. All phases of a stream. */
  static get time(): i64 {
    return TIME.getInt();
  }

  /** Nanoseconds from the first byte to the end of the response; once that is complete, so in `onLog`. */
  static get duration(): i64 {
    return DURATION.getInt();
  }

  /** One header; the values of a repeated one joined by commas. Its name in lower case. */
  static header<N>(name: N): Bytes | null {
    return HEADERS.at<N>(name).get();
  }
}
