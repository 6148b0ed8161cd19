// SPDX-License-Identifier: Apache-2.0
import { TrafficDirection, XdsAttributes } from "tremula/assembly";
import { Direction, PeerMetadataConfig } from "./config";

/** What is exchanged with whom in a listener that faces one way. */
@final
export class Orientation {
  /** Of requests: whether who the client is is read, and answered; whether the upstream is told, and read. */
  readonly readsDownstream: bool;
  readonly answers: bool;
  readonly tells: bool;
  readonly readsUpstream: bool;
  /** Whether connections are looked at for a client's frame, and whether they get one for the upstream. */
  readonly isServer: bool;
  readonly isClient: bool;
  /** Whether connections go to the workload and to no other peer. */
  readonly isInbound: bool;

  constructor(config: PeerMetadataConfig, direction: Direction) {
    const inwards = direction != Direction.Outbound;
    const outwards = direction != Direction.Inbound;
    const given = config.hasMethods;
    this.readsDownstream = given ? config.downstreamHeaders : inwards;
    this.answers = given ? config.answers : inwards;
    this.tells = given ? config.tells : outwards;
    this.readsUpstream = given ? config.upstreamHeaders : outwards;
    this.isServer = inwards;
    this.isClient = config.tcpClient && outwards;
    this.isInbound = !outwards;
  }
}

/** The orientations of a plugin, which several listeners may share: Envoy has one for all that have the same configuration. */
@final
export class Orientations {
  /** What the configuration says, or null: the listener does. */
  private readonly given: Orientation | null;
  private readonly inbound: Orientation;
  private readonly outbound: Orientation;
  private readonly gateway: Orientation;

  constructor(config: PeerMetadataConfig) {
    const direction = config.direction;
    this.given = direction != Direction.Listener ? new Orientation(config, direction) : null;
    this.inbound = new Orientation(config, Direction.Inbound);
    this.outbound = new Orientation(config, Direction.Outbound);
    this.gateway = new Orientation(config, Direction.Gateway);
  }

  /** Of the stream whose callback runs. */
  here(): Orientation {
    const given = this.given;
    if (given !== null) return given;
    const listener = XdsAttributes.listenerDirection;
    if (listener == TrafficDirection.Inbound) return this.inbound;
    return listener == TrafficDirection.Outbound ? this.outbound : this.gateway;
  }
}
