// SPDX-License-Identifier: Apache-2.0
import { FilterHeadersStatus } from "tremula/assembly";
import { HttpExchange } from "../peer/http-exchange";
import { PeerMetadata } from "../peer/plugin";
import { HttpStats, RequestKind } from "../stats/http";
import { StatsPlugin } from "../stats/plugin";

/** One request whose metadata is exchanged, and which is counted. */
@final
export class CountedExchange extends HttpStats {
  private readonly exchange: HttpExchange;

  constructor(stats: StatsPlugin, peers: PeerMetadata) {
    super(stats);
    this.exchange = new HttpExchange(peers);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.exchange.request(this.requestHeaders);
    this.downstream = this.exchange.downstream;
    super.onRequestHeaders(count, endOfStream);
    if (this.kind == RequestKind.Grpc && this.plugin.messages.hasExpressions)
      this.plugin.messages.evaluate(this);
    return FilterHeadersStatus.Continue;
  }

  onLog(): void {
    if (this.kind == RequestKind.Unseen) {
      this.exchange.logged(this.requestHeaders);
      this.downstream = this.exchange.downstream;
    }
    super.onLog();
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.exchange.response(this.responseHeaders);
    this.upstream = this.exchange.upstream;
    return FilterHeadersStatus.Continue;
  }
}
