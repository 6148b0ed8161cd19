// SPDX-License-Identifier: Apache-2.0
import { ConnectionAttributes, RequestAttributes, ResponseAttributes } from "tremula/assembly";
import {
  downstreamPeer,
  endpointPeer,
  isDownstreamPeerUnknown,
  isUpstreamPeerUnknown,
  readFrameOctets,
  upstreamPeer,
} from "../../peer/state";
import { Protocol, Reporter } from "../labels/label";
import { MetricGroup } from "../metrics/group";
import { Quantity } from "../metrics/metric";
import { TcpStats } from "../tcp";
import { Surroundings } from "./surroundings";

/**
 * Records connections: once opened, then the bytes that came since the last time, and once closed. Envoy counts the bytes
 * (`request.size` and `response.size` of a connection are what was read from the client's socket and written to it, inside of
 * TLS), so that the filter is not called for data. Frames of metadata are among them where a filter in the chain takes them
 * out and puts them in, which is towards the client only; role `peer-metadata` says how large they were.
 */
@final
export class ConnectionRecorder {
  /**
   * @param patience ticks for which a report waits until the peer has said who it is
   */
  constructor(
    private readonly group: MetricGroup,
    private readonly around: Surroundings,
    private readonly patience: u32,
  ) {}

  /** Whether there is anything to record. */
  get isUsed(): bool {
    return this.group.metrics.length > 0;
  }

  /**
   * In `onNewConnection`: what the expressions on labels are, for reports while the connection is open. A TLS handshake is yet
   * to come, and no callback comes behind it.
   */
  evaluate(connection: TcpStats): void {
    const needs = this.group.needs;
    if (needs.expressions.length == 0) return;
    // Of TLS, before the handshake: empty. The version must not be asked for: Envoy would keep what it says now.
    const hasHandshake = ConnectionAttributes.subjectPeerCertificate !== null;
    connection.values = this.around.evaluateMissing(needs, connection, null, hasHandshake);
  }

  /** While the connection is open; its context is effective. */
  report(connection: TcpStats): void {
    const received = receivedBytes();
    const sent = sentBytes();
    if (connection.isReported) {
      // Most connections are silent most of the time.
      if (received == connection.received && sent == connection.sent) return;
    } else if (connection.waited++ < this.patience && this.isWaiting(received)) return;
    this.record(connection, received, sent, false);
  }

  /** In `onLog`. */
  finish(connection: TcpStats): void {
    if (!this.isUsed) return;
    const needs = this.group.needs;
    // Now that all is known of it; once a label was shown, it stays.
    if (!connection.isReported && needs.expressions.length > 0)
      connection.values = this.around.evaluateMissing(needs, connection, null);
    this.record(connection, receivedBytes(), sentBytes(), true);
  }

  /** Whether the peer may still say who it is. */
  private isWaiting(received: u64): bool {
    const reporter = this.around.connections.facts(isSettled(received)).reporter;
    if (reporter == Reporter.Source) {
      return upstreamPeer() === null && !isUpstreamPeerUnknown() && endpointPeer() === null;
    }
    return downstreamPeer() === null && !isDownstreamPeerUnknown();
  }

  private record(connection: TcpStats, received: u64, sent: u64, isClosed: bool): void {
    const around = this.around;
    const sample = around.sample;
    const needs = this.group.needs;
    const facts = around.begin(isSettled(received));
    sample.protocol = Protocol.Tcp;
    around.fill(needs, facts);
    if (needs.service) sample.service = around.destination.ofConnection(sample.reporter);
    if (needs.flags) sample.flags = <u64>max<i64>(ResponseAttributes.flags, 0);
    around.restore(connection.values);
    this.group.select(sample);
    // Each in its half: what was taken from the client's bytes, and what was put in front of those to it.
    const frames = received > 0 ? readFrameOctets() : 0;
    const payloadReceived = received - min(frames & 0xffffffff, received);
    const payloadSent = sent - min(frames >> 32, sent);
    const metrics = this.group.metrics;
    for (let i = 0; i < metrics.length; i++) {
      switch (unchecked(metrics[i]).quantity) {
        case Quantity.Opened:
          this.group.add(i, connection.isReported ? 0 : 1, sample);
          break;
        case Quantity.Closed:
          if (isClosed) this.group.add(i, 1, sample);
          break;
        case Quantity.SentBytes:
          this.group.add(i, payloadSent - min(connection.countedSent, payloadSent), sample);
          break;
        default:
          this.group.add(i, payloadReceived - min(connection.countedReceived, payloadReceived), sample);
          break;
      }
    }
    connection.isReported = true;
    connection.received = received;
    connection.sent = sent;
    connection.countedReceived = max(connection.countedReceived, payloadReceived);
    connection.countedSent = max(connection.countedSent, payloadSent);
  }
}

/** Whether the handshake is over: what was read is what came out of TLS. What was sent may yet wait for it in a buffer. */
function isSettled(received: u64): bool {
  return received > 0;
}

/** What was read from the client. */
function receivedBytes(): u64 {
  return <u64>max<i64>(RequestAttributes.size, 0);
}

/** What was written to it. */
function sentBytes(): u64 {
  return <u64>max<i64>(ResponseAttributes.size, 0);
}
