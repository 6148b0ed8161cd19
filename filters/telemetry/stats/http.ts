// SPDX-License-Identifier: Apache-2.0
import { Bytes, FilterHeadersStatus, HttpContext, RequestAttributes } from "tremula/assembly";
import { Peer } from "../peer/peer";
import { StatsPlugin } from "./plugin";
import { isGrpc } from "./stream/grpc";

/** What a request is, once its headers were seen. */
export enum RequestKind {
  Unseen,
  Plain,
  Grpc,
}

/** One request, counted when it is over; its messages, if it is gRPC, while it runs. */
export class HttpStats extends HttpContext {
  kind: RequestKind = RequestKind.Unseen;
  /** Who the ends are, where this filter itself has learned it: else filter state says. */
  downstream: Peer | null = null;
  upstream: Peer | null = null;
  /** For the list of streams that the timer looks at. */
  newer: HttpStats | null = null;
  older: HttpStats | null = null;
  isLive: bool = false;
  /** What the timer needs of the headers, which are gone by then: the host of a gRPC call. */
  host: Bytes | null = null;
  /** Messages that have been counted. */
  requestMessages: u64 = 0;
  responseMessages: u64 = 0;
  /** What the expressions on metrics of messages were, once they were evaluated. */
  values: StaticArray<u32> | null = null;

  constructor(protected readonly plugin: StatsPlugin) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.look();
    if (this.kind == RequestKind.Grpc) this.plugin.watch(this);
    return FilterHeadersStatus.Continue;
  }

  onLog(): void {
    // A filter before this one may have answered.
    if (this.kind == RequestKind.Unseen) this.look();
    this.plugin.requests.record(this, this.kind == RequestKind.Grpc);
    if (this.kind == RequestKind.Grpc) this.plugin.messages.finish(this);
  }

  onDelete(): void {
    if (this.isLive) this.plugin.streams.remove(this);
  }

  private look(): void {
    const grpc = isGrpc(this.requestHeaders.get("content-type"));
    this.kind = grpc ? RequestKind.Grpc : RequestKind.Plain;
    if (grpc) this.host = RequestAttributes.host;
  }
}

/** The same with expressions for labels of messages: Envoy evaluates them in the stream's own callbacks only. */
@final
export class HttpStatsWithExpressions extends HttpStats {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const status = super.onRequestHeaders(count, endOfStream);
    if (this.kind == RequestKind.Grpc) this.plugin.messages.evaluate(this);
    return status;
  }
}
