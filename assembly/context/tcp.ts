// SPDX-License-Identifier: Apache-2.0
import { makeEffective } from "../abi/callback";
import { FilterStatus, PeerType, Status, StreamType } from "../abi/enums";
import { proxy_close_stream } from "../abi/imports";
import { downstreamData, goneBuffer, HostBuffer, upstreamData } from "../host/body";
import { Context, ContextKind } from "./context";
import { enter, Flow, leave, resume, resumed, statusAfter } from "./flow";

/**
 * One connection through a network filter. Extend it, override the callbacks that the filter needs, and return it from
 * `PluginContext.createTcpContext`. A callback that no filter class overrides is not exported.
 *
 * Data that a callback holds with `StopIteration` stays in the buffer: the next callback sees all of it.
 *
 * A context may be kept and used from another callback: what is done through it acts on its own connection, and does
 * nothing once that is gone.
 */
export abstract class TcpContext extends Context {
  /** Whether each direction is held. */
  private _downstreamFlow: Flow = Flow.Flowing;
  private _upstreamFlow: Flow = Flow.Flowing;

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

  /** The client's connection is closed: `Remote` by the client, `Local` by Envoy. */
  onDownstreamConnectionClose(peer: PeerType): void {}

  /** The upstream's half has ended. */
  onUpstreamConnectionClose(peer: PeerType): void {}

  /** The connection has ended. */
  onDone(): void {}

  /** In `onDownstreamData`: what the client has sent and no callback has let go. */
  get downstreamData(): HostBuffer {
    return makeEffective(this.id) ? downstreamData : goneBuffer;
  }

  /** In `onUpstreamData`: what the upstream has sent and no callback has let go. */
  get upstreamData(): HostBuffer {
    return makeEffective(this.id) ? upstreamData : goneBuffer;
  }

  /**
   * Lets held data from the client, or a held new connection, go on.
   *
   * @returns `BadArgument` when nothing is held
   */
  continueDownstream(): Status {
    if (!makeEffective(this.id)) return Status.BadArgument;
    const flow = this._downstreamFlow;
    this._downstreamFlow = resumed(flow);
    return resume(flow, StreamType.Downstream);
  }

  /** As `continueDownstream`, for data from the upstream. */
  continueUpstream(): Status {
    if (!makeEffective(this.id)) return Status.BadArgument;
    const flow = this._upstreamFlow;
    this._upstreamFlow = resumed(flow);
    return resume(flow, StreamType.Upstream);
  }

  /** Closes the client's connection. What was written to it before is sent first. */
  closeDownstream(): Status {
    if (!makeEffective(this.id)) return Status.BadArgument;
    this._downstreamFlow = Flow.Ended;
    return proxy_close_stream(StreamType.Downstream);
  }

  /** Closes the upstream's connection. */
  closeUpstream(): Status {
    if (!makeEffective(this.id)) return Status.BadArgument;
    this._upstreamFlow = Flow.Ended;
    return proxy_close_stream(StreamType.Upstream);
  }

  /** @internal Before a callback of this direction. */
  _enterDownstream(): void {
    this._downstreamFlow = enter(this._downstreamFlow);
  }

  /** @internal After it; takes the status that it returned and gives the one for the host. */
  _leaveDownstream(returned: i32): i32 {
    const status = statusAfter(this._downstreamFlow, returned);
    this._downstreamFlow = leave(this._downstreamFlow, status);
    return status;
  }

  /** @internal Before a callback of this direction. */
  _enterUpstream(): void {
    this._upstreamFlow = enter(this._upstreamFlow);
  }

  /** @internal After it; takes the status that it returned and gives the one for the host. */
  _leaveUpstream(returned: i32): i32 {
    const status = statusAfter(this._upstreamFlow, returned);
    this._upstreamFlow = leave(this._upstreamFlow, status);
    return status;
  }
}
