// SPDX-License-Identifier: Apache-2.0
import { ConnectionAttributes, TrafficDirection, XdsAttributes } from "tremula/assembly";
import { Reporter, Security } from "../labels/label";

/** Connections whose facts are remembered; a power of two. */
const RECENT: i32 = 1024;
const NO_CONNECTION: i64 = -1;

/** What is the same for all streams of a client's connection. */
@final
export class ConnectionFacts {
  /** Principals of a server, once they were asked for. */
  principals: u32 = 0;
  hasPrincipals: bool = false;

  constructor(
    readonly id: i64,
    readonly reporter: Reporter,
    readonly security: Security,
  ) {}
}

/**
 * The connections that were last seen: one question for the id in place of four for what a connection has. Two that share
 * a place forget each other.
 */
@final
export class Connections {
  private readonly slots: StaticArray<ConnectionFacts | null> = new StaticArray<ConnectionFacts | null>(
    RECENT,
  );

  /** @param reporter what the configuration says, or -1: the listener's direction decides */
  constructor(private readonly reporter: i32) {}

  /**
   * Of the stream whose callback runs.
   *
   * @param isSettled whether the connection's handshake is known to be over: before that the client has no certificate, and
   *   what is found is not remembered
   */
  facts(isSettled: bool): ConnectionFacts {
    const id = ConnectionAttributes.id;
    const slot = (<i32>id) & (RECENT - 1);
    const known = unchecked(this.slots[slot]);
    if (known !== null && known.id == id && id != NO_CONNECTION) return known;
    const facts = new ConnectionFacts(id, this.reporterHere(), securityHere());
    if (isSettled) unchecked((this.slots[slot] = facts));
    return facts;
  }

  private reporterHere(): Reporter {
    if (this.reporter >= 0) return this.reporter;
    const isInbound = XdsAttributes.listenerDirection == TrafficDirection.Inbound;
    return isInbound ? Reporter.Destination : Reporter.Source;
  }
}

function securityHere(): Security {
  return ConnectionAttributes.mtls ? Security.MutualTls : Security.None;
}
