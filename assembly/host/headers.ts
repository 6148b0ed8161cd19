// SPDX-License-Identifier: Apache-2.0
import { HeaderMapType, Status } from "../abi/enums";
import {
  proxy_add_header_map_value,
  proxy_get_header_map_pairs,
  proxy_get_header_map_size,
  proxy_get_header_map_value,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_set_header_map_pairs,
} from "../abi/imports";
import { clearOut, OUT, OUT_SIZE, takeOut } from "../abi/memory";
import { PairList, Pairs } from "../abi/wire";
import { Bytes } from "../text/bytes";
import { isHeaderName, isHeaderValue, isPseudoHeaderName } from "../text/header";
import { logError } from "./log";

/**
 * One of the host's header maps: request or response headers or trailers.
 *
 * A map can be read and changed in its own callback and while that direction is paused; Envoy takes it away once the
 * callback has returned `Continue`. In `onLog` request headers, response headers and response trailers can be read.
 * Elsewhere reads answer null or an empty list and changes answer `BadArgument` (Envoy: source/extensions/common/wasm/
 * context.cc, getMap). Names are matched without regard to case and come back in lower case.
 */
@final
export class HeaderMap {
  constructor(private readonly type: HeaderMapType) {}

  /** The first value of a header, or null when the map has none. Envoy shows only the first; see `pairs` for all. */
  get<N>(name: N): Bytes | null {
    const n = Bytes.of<N>(name);
    clearOut();
    const status = proxy_get_header_map_value(this.type, n.ptr, <usize>n.length, OUT, OUT_SIZE);
    const value = takeOut();
    return status == Status.Ok ? value : null;
  }

  /** All pairs in order, repeated names included: one host call, however many headers are read from it. */
  pairs(): Pairs {
    clearOut();
    const status = proxy_get_header_map_pairs(this.type, OUT, OUT_SIZE);
    const block = takeOut();
    return new Pairs(status == Status.Ok ? block : Bytes.EMPTY);
  }

  /**
   * Adds a value and keeps those that are there.
   *
   * @returns `BadArgument` for a name that is no token, a pseudo header (there can be one of each only: `replace` it), and
   *   a value with control characters: Envoy would send line breaks as they are
   */
  add<N, V>(name: N, value: V): Status {
    const n = Bytes.of<N>(name);
    const v = Bytes.of<V>(value);
    if (!isHeaderName(n) || !isHeaderValue(v)) return Status.BadArgument;
    return proxy_add_header_map_value(this.type, n.ptr, <usize>n.length, v.ptr, <usize>v.length);
  }

  /**
   * Sets a header, or a pseudo header such as `:path`, to one value, whatever it had before.
   *
   * @returns `BadArgument` for a name that is no token, and a value with control characters
   */
  replace<N, V>(name: N, value: V): Status {
    const n = Bytes.of<N>(name);
    const v = Bytes.of<V>(value);
    if (!(isHeaderName(n) || isPseudoHeaderName(n)) || !isHeaderValue(v)) return Status.BadArgument;
    return proxy_replace_header_map_value(this.type, n.ptr, <usize>n.length, v.ptr, <usize>v.length);
  }

  /** Removes all values of a header; `Ok` when there were none. */
  remove<N>(name: N): Status {
    const n = Bytes.of<N>(name);
    return proxy_remove_header_map_value(this.type, n.ptr, <usize>n.length);
  }

  /**
   * Replaces the whole map. Envoy empties it first, so request headers need their pseudo headers in the list, and
   * `x-forwarded-proto` too: without it Envoy finds no route (source/common/router/config_impl.cc).
   *
   * @returns `BadArgument`, with the map untouched, for more than 1,024 pairs or 1 MiB: Envoy would read such a list
   *   as an empty one and answer `Ok`. `BadArgument` too for names and values that `replace` refuses, for request headers
   *   without `:method` or `:path`, and for response headers without `:status`, which Envoy's codecs cannot send
   */
  setAll(list: PairList): Status {
    const block = list.encode();
    if (block === null) {
      logError(`tremula: setAll refused: ${list.problem}`);
      return Status.BadArgument;
    }
    if (!this.sendable(list)) {
      logError("tremula: setAll refused: a pseudo header is missing (:method and :path, or :status)");
      return Status.BadArgument;
    }
    return proxy_set_header_map_pairs(this.type, changetype<usize>(block), <usize>block.byteLength);
  }

  /** Bytes of all names and values as Envoy counts them, or -1 where the map cannot be changed. */
  byteSize(): i32 {
    store<u32>(OUT, 0);
    const status = proxy_get_header_map_size(this.type, OUT);
    return status == Status.Ok ? load<i32>(OUT) : -1;
  }

  private sendable(list: PairList): bool {
    if (this.type == HeaderMapType.HttpRequestHeaders) return list.has(":method") && list.has(":path");
    if (this.type == HeaderMapType.HttpResponseHeaders) return list.has(":status");
    return true;
  }
}

export const requestHeaders = new HeaderMap(HeaderMapType.HttpRequestHeaders);
export const requestTrailers = new HeaderMap(HeaderMapType.HttpRequestTrailers);
export const responseHeaders = new HeaderMap(HeaderMapType.HttpResponseHeaders);
export const responseTrailers = new HeaderMap(HeaderMapType.HttpResponseTrailers);

/** The map of a stream that the host no longer has: a type that no host knows, so that nothing is read or changed. */
export const goneHeaders = new HeaderMap(<HeaderMapType>-1);

/** Answers of callouts, to be read while they are delivered. */
// @ts-ignore: decorator
@lazy
export const httpCallHeaders = new HeaderMap(HeaderMapType.HttpCallResponseHeaders);
// @ts-ignore: decorator
@lazy
export const httpCallTrailers = new HeaderMap(HeaderMapType.HttpCallResponseTrailers);
// @ts-ignore: decorator
@lazy
export const grpcInitialMetadata = new HeaderMap(HeaderMapType.GrpcReceiveInitialMetadata);
// @ts-ignore: decorator
@lazy
export const grpcTrailingMetadata = new HeaderMap(HeaderMapType.GrpcReceiveTrailingMetadata);
