// SPDX-License-Identifier: Apache-2.0
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterStatus,
  FilterTrailersStatus,
  PeerType,
} from "tremula/assembly/abi/enums";
import { HttpContext } from "tremula/assembly/context/http";
import { TcpContext } from "tremula/assembly/context/tcp";
import { Context } from "./contexts";
import { PeerTypeValues } from "./enums";

/** The id of what the host has deleted: it may take calls for the old one yet, and crash in them. */
const GONE: u32 = 0;

/** An HTTP stream of the SDK that hands each callback on to a context of the old kind. */
@final
export class CompatHttpContext extends HttpContext {
  constructor(private readonly context: Context) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return <FilterHeadersStatus>this.context.onRequestHeaders(count, endOfStream);
  }

  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    return <FilterDataStatus>this.context.onRequestBody(size, endOfStream);
  }

  onRequestTrailers(count: u32): FilterTrailersStatus {
    return <FilterTrailersStatus>this.context.onRequestTrailers(count);
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return <FilterHeadersStatus>this.context.onResponseHeaders(count, endOfStream);
  }

  onResponseBody(size: u32, endOfStream: bool): FilterDataStatus {
    return <FilterDataStatus>this.context.onResponseBody(size, endOfStream);
  }

  onResponseTrailers(count: u32): FilterTrailersStatus {
    return <FilterTrailersStatus>this.context.onResponseTrailers(count);
  }

  onDone(): void {
    this.context.onDone();
  }

  onLog(): void {
    this.context.onLog();
  }

  onDelete(): void {
    this.context.onDelete();
    this.context.context_id = GONE;
  }
}

/** The same for a connection. */
@final
export class CompatTcpContext extends TcpContext {
  constructor(private readonly context: Context) {
    super();
  }

  onNewConnection(): FilterStatus {
    return <FilterStatus>this.context.onNewConnection();
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    return <FilterStatus>this.context.onDownstreamData(size, endOfStream);
  }

  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    return <FilterStatus>this.context.onUpstreamData(size, endOfStream);
  }

  onDownstreamConnectionClose(peer: PeerType): void {
    this.context.onDownstreamConnectionClose(<PeerTypeValues>peer);
  }

  onUpstreamConnectionClose(peer: PeerType): void {
    this.context.onUpstreamConnectionClose(<PeerTypeValues>peer);
  }

  onDone(): void {
    this.context.onDone();
  }

  onLog(): void {
    this.context.onLog();
  }

  onDelete(): void {
    this.context.onDelete();
    this.context.context_id = GONE;
  }
}
