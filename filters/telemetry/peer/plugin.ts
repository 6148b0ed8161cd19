// SPDX-License-Identifier: Apache-2.0
import { Bytes, HttpContext, PluginContext, TcpContext, monotonicNanoseconds } from "tremula/assembly";
import { PeerMetadataConfig } from "./config";
import { encode, Exchange } from "./exchange";
import { frameOf } from "./frame";
import { PeerMetadataStream } from "./http";
import { Orientations } from "./orientation";
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
  orientations!: Orientations;
  /** The frame that tells of this proxy, or null for nothing. */
  frame: Bytes | null = null;
  /** Octets of the longest header value or frame that is read. */
  longest: i32 = 0;
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
    this.orientations = new Orientations(config);
    declarePeers(declarer);
  }

  createHttpContext(): HttpContext {
    return new PeerMetadataStream(this);
  }

  createTcpContext(): TcpContext {
    return new PeerMetadataConnection(this);
  }

  /** Waits for the rest of a frame. @returns until when, in milliseconds */
  hold(connection: PeerMetadataConnection): u64 {
    const timeout = this.config.frameTimeout;
    this.held.push(connection);
    if (this.held.length == 1) this.setTickPeriod(<u32>max(timeout / LOOKS, 1));
    return now() + timeout;
  }

  onTick(): void {
    const time = now();
    const held = this.held;
    let kept = 0;
    for (let i = 0; i < held.length; i++) {
      const connection = unchecked(held[i]);
      if (connection.look(time)) unchecked((held[kept++] = connection));
    }
    held.length = kept;
    if (kept == 0) this.setTickPeriod(0);
  }
}

/** Milliseconds since some moment. */
function now(): u64 {
  return monotonicNanoseconds() / NANOSECONDS;
}
