// SPDX-License-Identifier: Apache-2.0
import { Bytes, FilterStatus, HostBuffer, TcpContext } from "tremula/assembly";
import { isExternal } from "./external";
import { FrameContent, PREFIX, Start, startOf } from "./frame";
import { PeerMetadata } from "./plugin";
import {
  setDownstreamPeer,
  setDownstreamPeerId,
  setFrameOctets,
  setUpstreamPeer,
  setUpstreamPeerId,
  UNKNOWN_ID,
} from "./state";
import { isPlausible } from "./text";

/** What has come of the first octets in one direction. */
enum Sniff {
  /** Nobody looks at them. */
  Off,
  /** They have not come, or not all. */
  Waiting,
  /** They were a frame, which has been taken out. */
  Found,
  /** They were payload, and have been passed on as they were. */
  NotFound,
}

/**
 * One connection. Towards the workload the client's first octets are looked at: if they are a frame, it is taken out and
 * answered by one in front of the upstream's first octets, and if not, they are passed on as they are, and nothing is
 * answered. So no agreement on a protocol (ALPN) is needed, which Wasm could not see.
 *
 * Away from it, with `tcp_client`, a frame goes out in front of the client's first octets, and the upstream's first octets
 * are looked at. That must only be done where all upstreams expect it, but
 * for those that `skip_external_clusters` leaves out.
 */
@final
export class PeerMetadataConnection extends TcpContext {
  private downstream: Sniff = Sniff.Off;
  private upstream: Sniff = Sniff.Off;
  /** The frame that is yet to be put in front of what goes to the upstream, or to the client. */
  private toUpstream: Bytes | null = null;
  private toClient: Bytes | null = null;
  /** Whether the upstream has spoken before the client's first octets were known. */
  private isLate: bool = false;
  /**
   * What Envoy has counted of the client until its first octets were known, in which whatever is held counts again each time
   * that more comes; and how much of that the upstream does not get.
   */
  private counted: u32 = 0;
  private taken: u32 = 0;
  /** Until when what is held of a direction may be, in milliseconds; 0 while nothing is. */
  private downstreamDeadline: u64 = 0;
  private upstreamDeadline: u64 = 0;

  constructor(private readonly plugin: PeerMetadata) {
    super();
  }

  onNewConnection(): FilterStatus {
    const plugin = this.plugin;
    const orientation = plugin.orientations.here();
    if (orientation.isServer) this.downstream = Sniff.Waiting;
    if (orientation.isClient) {
      this.upstream = Sniff.Waiting;
      this.toUpstream = plugin.frame;
    } else if (!orientation.isInbound) {
      setUpstreamPeerId(UNKNOWN_ID);
    }
    return FilterStatus.Continue;
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (this.downstream == Sniff.Waiting && (size > 0 || endOfStream)) {
      this.counted += size;
      this.downstream = this.sniff(this.downstreamData, <i32>size, endOfStream, true);
      if (this.downstream == Sniff.Waiting) {
        this.leaveOut(this.counted);
        if (this.downstreamDeadline == 0) this.downstreamDeadline = this.plugin.hold(this);
        return FilterStatus.StopIteration;
      }
      this.downstreamDeadline = 0;
      if (this.downstream == Sniff.NotFound && this.counted > size) this.leaveOut(this.counted - size);
      this.settleDownstream();
    }
    if (size > 0) this.tell();
    return FilterStatus.Continue;
  }

  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (this.upstream == Sniff.Waiting && (size > 0 || endOfStream)) {
      this.upstream = this.sniff(this.upstreamData, <i32>size, endOfStream, false);
      if (this.upstream == Sniff.Waiting) {
        if (this.upstreamDeadline == 0) this.upstreamDeadline = this.plugin.hold(this);
        return FilterStatus.StopIteration;
      }
      this.upstreamDeadline = 0;
      this.settleUpstream();
    }
    const frame = this.toClient;
    if (frame !== null) {
      this.toClient = null;
      this.upstreamData.prepend(frame);
      setFrameOctets(this.taken, <u32>frame.length);
      this.plugin.stats.frameSent.increment();
    }
    // An upstream that speaks first has had its say: a frame behind that would be payload to the client.
    if (size > 0 && this.downstream == Sniff.Waiting) this.isLate = true;
    return FilterStatus.Continue;
  }

  onDone(): void {
    this.downstreamDeadline = 0;
    this.upstreamDeadline = 0;
  }

  /**
   * Lets go of what is held past its deadline: it was no frame.
   *
   * @param time now, in milliseconds
   * @returns whether anything is held any longer
   */
  look(time: u64): bool {
    if (this.downstreamDeadline != 0 && this.downstreamDeadline <= time) this.releaseDownstream();
    if (this.upstreamDeadline != 0 && this.upstreamDeadline <= time) this.releaseUpstream();
    return this.downstreamDeadline != 0 || this.upstreamDeadline != 0;
  }

  private releaseDownstream(): void {
    this.downstreamDeadline = 0;
    this.plugin.stats.frameTimeout.increment();
    this.downstream = Sniff.NotFound;
    // Filter state is that of the connection that was acted on last.
    const held = this.downstreamData.size;
    if (held >= 0) {
      this.leaveOut(this.counted - <u32>held);
      this.settleDownstream();
      this.tell();
    }
    this.continueDownstream();
  }

  /** Envoy has no way to let held data of an upstream go on by itself (proxy_continue_stream is Unimplemented for it). */
  private releaseUpstream(): void {
    this.upstreamDeadline = 0;
    this.plugin.stats.frameTimeout.increment();
    this.upstream = Sniff.NotFound;
    this.closeDownstream();
  }

  /** Puts the frame in front of the client's first octets; by now the cluster is known that they go to. */
  private tell(): void {
    const frame = this.toUpstream;
    if (frame === null) return;
    this.toUpstream = null;
    if (this.plugin.skipExternal && isExternal()) {
      if (this.upstream == Sniff.Waiting && this.upstreamDeadline == 0) {
        this.upstream = Sniff.NotFound;
        this.settleUpstream();
      }
      return;
    }
    this.downstreamData.prepend(frame);
    this.plugin.stats.frameSent.increment();
  }

  /** Looks at the first octets of a direction and takes a frame out of them. */
  private sniff(buffer: HostBuffer, size: i32, endOfStream: bool, isClient: bool): Sniff {
    const plugin = this.plugin;
    const prefix = buffer.get(0, PREFIX);
    if (prefix === null) return Sniff.NotFound;
    const start = startOf(prefix, size, plugin.longest);
    if (start == Start.Oversized) plugin.stats.oversized.increment();
    if (start == Start.Partial && !endOfStream) return Sniff.Waiting;
    if (start != Start.Frame) return Sniff.NotFound;
    const data = buffer.get();
    if (data === null) return Sniff.NotFound;
    const end = PREFIX + <i32>prefix.readBE<u32>(4);
    const content = FrameContent.read(data.slice(PREFIX, end));
    if (content === null) {
      plugin.stats.malformed.increment();
      return Sniff.NotFound;
    }
    buffer.replace(data.slice(end));
    if (isClient) this.leaveOut(this.counted - <u32>(size - end));
    this.keep(content, isClient);
    return Sniff.Found;
  }

  /** Tells how much of what Envoy has counted of the client does not go on to the upstream. */
  private leaveOut(octets: u32): void {
    this.taken = octets;
    setFrameOctets(octets, 0);
  }

  private keep(content: FrameContent, isClient: bool): void {
    const id = content.id;
    const peer = content.peer;
    const plausible = id !== null && !id.isEmpty && isPlausible(id);
    if (id !== null && plausible) {
      if (isClient) setDownstreamPeerId(id);
      else setUpstreamPeerId(id);
    } else if (peer === null) {
      if (isClient) setDownstreamPeerId(UNKNOWN_ID);
      else setUpstreamPeerId(UNKNOWN_ID);
    }
    if (peer === null) return;
    if (isClient) setDownstreamPeer(peer);
    else setUpstreamPeer(peer);
  }

  private settleDownstream(): void {
    const stats = this.plugin.stats;
    if (this.downstream == Sniff.Found) {
      stats.frameFound.increment();
      if (!this.isLate) this.toClient = this.plugin.frame;
    } else {
      stats.frameNotFound.increment();
      setDownstreamPeerId(UNKNOWN_ID);
    }
  }

  private settleUpstream(): void {
    const stats = this.plugin.stats;
    if (this.upstream == Sniff.Found) {
      stats.frameFound.increment();
    } else {
      stats.frameNotFound.increment();
      setUpstreamPeerId(UNKNOWN_ID);
    }
  }
}
