// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  HttpContext,
  PluginContext,
  TcpContext,
  TrafficDirection,
  XdsAttributes,
  monotonicNanoseconds,
} from "tremula/assembly";
import { Direction, PeerMetadataConfig } from "./config";
import { encode, Exchange } from "./exchange";
import { frameOf } from "./frame";
import { PeerMetadataStream } from "./http";
import { declarePeers } from "./state";
import { Stats } from "./stats";
import { PeerMetadataConnection } from "./tcp";

const NANOSECONDS: u64 = 1_000_000;
/** Looks at deadlines in the time between them. */
const LOOKS: u64 = 4;

/** One configuration of role `peer-metadata` on one worker. */
export class PeerMetadata extends PluginContext {
  private config!: PeerMetadataConfig;
  readonly stats: Stats = new Stats();
  exchange!: Exchange;
  /** What is told of this proxy; empty for nothing. */
  nodeId: Bytes = Bytes.EMPTY;
  metadata: Bytes = Bytes.EMPTY;
  skipExternal: bool = false;
  /** Whether ids of requests go into filter state. */
  keepsIds: bool = false;
  readsBaggage: bool = false;
  baggageFirst: bool = false;
  readsDownstream: bool = false;
  answers: bool = false;
  tells: bool = false;
  readsUpstream: bool = false;
  /** Whether connections are looked at for a client's frame, and whether they get one for the upstream. */
  isServer: bool = false;
  isClient: bool = false;
  /** Whether connections go to the workload and to no other peer. */
  isInbound: bool = false;
  /** The frame that tells of this proxy, or null for nothing. */
  frame: Bytes | null = null;
  /** Octets of the longest header value or frame that is read. */
  longest: i32 = 0;
  private isOriented: bool = false;
  /** Connections that wait for the rest of a frame, the longest waiting first. */
  private held: PeerMetadataConnection[] = [];

  onConfigure(configuration: Bytes): bool {
    return this.configure(configuration, this);
  }

  /**
   * What `onConfigure` does, for a plugin that has this one as a part.
   *
   * @param declarer the plugin whose `onConfigure` runs
   */
  configure(configuration: Bytes, declarer: PluginContext): bool {
    const config = PeerMetadataConfig.parse(configuration);
    if (config === null) return false;
    this.apply(config, declarer);
    return true;
  }

  /** The same with a configuration that has been read. */
  apply(config: PeerMetadataConfig, declarer: PluginContext): void {
    this.config = config;
    this.exchange = new Exchange(<i32>config.cacheSize, <i32>config.longest, this.stats);
    this.nodeId = config.local.id;
    this.metadata = config.payload.isEmpty ? Bytes.EMPTY : encode(config.payload);
    this.frame = frameOf(config.local.id, config.payload);
    this.longest = <i32>config.longest;
    this.skipExternal = config.skipExternal;
    this.keepsIds = config.peerIds;
    this.readsBaggage = config.downstreamBaggage;
    this.baggageFirst = config.baggageFirst;
    declarePeers(declarer);
  }

  createHttpContext(): HttpContext {
    return new PeerMetadataStream(this);
  }

  createTcpContext(): TcpContext {
    return new PeerMetadataConnection(this);
  }

  /** Waits for the rest of a frame, for so long. */
  hold(connection: PeerMetadataConnection): void {
    const timeout = this.config.frameTimeout;
    connection.deadline = now() + timeout;
    this.held.push(connection);
    if (this.held.length == 1) this.setTickPeriod(<u32>max(timeout / LOOKS, 1));
  }

  onTick(): void {
    const time = now();
    const held = this.held;
    let kept = 0;
    for (let i = 0; i < held.length; i++) {
      const connection = unchecked(held[i]);
      // Those that are settled, or gone, have none.
      if (connection.deadline == 0) continue;
      if (connection.deadline <= time) connection.onDeadline();
      else unchecked((held[kept++] = connection));
    }
    held.length = kept;
    if (kept == 0) this.setTickPeriod(0);
  }

  /** Settles what is exchanged, at the first stream: the listener's direction cannot be read before. */
  orient(): void {
    if (this.isOriented) return;
    this.isOriented = true;
    const config = this.config;
    const direction = this.direction();
    this.isInbound = direction == Direction.Inbound;
    this.isServer = direction != Direction.Outbound;
    this.isClient = config.tcpClient && direction != Direction.Inbound;
    if (config.hasMethods) {
      this.readsDownstream = config.downstreamHeaders;
      this.answers = config.answers;
      this.tells = config.tells;
      this.readsUpstream = config.upstreamHeaders;
      return;
    }
    this.readsDownstream = this.answers = direction != Direction.Outbound;
    this.tells = this.readsUpstream = direction != Direction.Inbound;
  }

  private direction(): Direction {
    if (this.config.direction != Direction.Listener) return this.config.direction;
    const listener = XdsAttributes.listenerDirection;
    if (listener == TrafficDirection.Inbound) return Direction.Inbound;
    return listener == TrafficDirection.Outbound ? Direction.Outbound : Direction.Gateway;
  }
}

/** Milliseconds since some moment. */
function now(): u64 {
  return monotonicNanoseconds() / NANOSECONDS;
}
