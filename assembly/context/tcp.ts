// SPDX-License-Identifier: Apache-2.0
import { FilterStatus, PeerType, Status, StreamType } from "../abi/enums";
import { proxy_close_stream } from "../abi/imports";
import { downstreamData, HostBuffer, upstreamData } from "../host/body";
import { Context, ContextKind } from "./context";
import { Flow, resume, resumed } from "./flow";

/**
 * One connection through a network filter. Extend it, override the callbacks that the filter needs, and return it from
 * `PluginContext.createTcpContext`. A callback that no filter class overrides is not exported.
 *
 * Data that a callback holds with `StopIteration` stays in the buffer: the next callback sees all of it.
 */
export abstract class TcpContext extends Context {
  /** For the SDK: whether each direction is held. */
  downstreamFlow: Flow = Flow.Flowing;
  upstreamFlow: Flow = Flow.Flowing;

  constructor() {
    super(ContextKind.Tcp);
  }

  /** A client has connected; `StopIteration` keeps the filters behind this one from seeing the connection yet. */
  onNewConnection(): FilterStatus {
    return FilterStatus.Continue;
  }

  /**
   * Bytes from the client.
   *
   * @param size bytes in `downstreamData` now
   * @param endOfStream the client has closed its half
   */
  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    return FilterStatus.Continue;
  }

  /** Bytes from the upstream, in `upstreamData`. */
  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    return FilterStatus.Continue;
  }

  onDownstreamConnectionClose(peer: PeerType): void {}

  onUpstreamConnectionClose(peer: PeerType): void {}

  /** The connection has ended. */
  onDone(): void {}

  get downstreamData(): HostBuffer {
    return downstreamData;
  }

  get upstreamData(): HostBuffer {
    return upstreamData;
  }

  /**
   * Lets held data from the client, or a held new connection, go on.
   *
   * @returns `BadArgument` when nothing is held
   */
  continueDownstream(): Status {
    const flow = this.downstreamFlow;
    this.downstreamFlow = resumed(flow);
    return resume(flow, StreamType.Downstream);
  }

  /** As `continueDownstream`, for data from the upstream. */
  continueUpstream(): Status {
    const flow = this.upstreamFlow;
    this.upstreamFlow = resumed(flow);
    return resume(flow, StreamType.Upstream);
  }

  /** Closes the client's connection. What was written to it before is sent first. */
  closeDownstream(): Status {
    this.downstreamFlow = Flow.Ended;
    return proxy_close_stream(StreamType.Downstream);
  }

  /** Closes the upstream's connection. */
  closeUpstream(): Status {
    this.upstreamFlow = Flow.Ended;
    return proxy_close_stream(StreamType.Upstream);
  }
}
