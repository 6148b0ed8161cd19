// SPDX-License-Identifier: Apache-2.0
import { FilterHeadersStatus, HttpContext } from "tremula/assembly";
import { HttpExchange } from "./http-exchange";
import { PeerMetadata } from "./plugin";

/** One request of a filter that exchanges metadata and does nothing else. */
@final
export class PeerMetadataStream extends HttpContext {
  private readonly exchange: HttpExchange;

  constructor(plugin: PeerMetadata) {
    super();
    this.exchange = new HttpExchange(plugin);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.exchange.request(this.requestHeaders);
    return FilterHeadersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.exchange.response(this.responseHeaders);
    return FilterHeadersStatus.Continue;
  }
}
