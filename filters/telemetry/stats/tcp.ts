// SPDX-License-Identifier: Apache-2.0
import { FilterStatus, TcpContext } from "tremula/assembly";
import { StatsPlugin } from "./plugin";

/** One connection, counted while it is open and when it is closed. */
@final
export class TcpStats extends TcpContext {
  /** For the list of connections that the timer looks at. */
  newer: TcpStats | null = null;
  older: TcpStats | null = null;
  isLive: bool = false;
  /** Bytes at the last report, as the host counts them. */
  sent: u64 = 0;
  received: u64 = 0;
  /** Bytes that have been counted. */
  countedSent: u64 = 0;
  countedReceived: u64 = 0;
  /** Whether it has been counted as opened. */
  isReported: bool = false;
  /** Ticks that it has waited for its peer to say who it is. */
  waited: u32 = 0;
  /** What expressions were when it was opened. */
  values: StaticArray<u32> | null = null;

  constructor(private readonly plugin: StatsPlugin) {
    super();
  }

  onNewConnection(): FilterStatus {
    this.plugin.connections.evaluate(this);
    return FilterStatus.Continue;
  }

  onLog(): void {
    this.plugin.connections.finish(this);
  }

  onDelete(): void {
    this.plugin.sockets.remove(this);
  }
}
