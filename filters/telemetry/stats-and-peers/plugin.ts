// SPDX-License-Identifier: Apache-2.0
import { HttpContext, logWarn, PluginContext, TcpContext } from "tremula/assembly";
import { PeerMetadata } from "../peer/plugin";
import { StatsConfig } from "../stats/config/stats-config";
import { StatsPlugin } from "../stats/plugin";
import { CountedExchange } from "./http";

/**
 * Role `stats` that with `peer_metadata` in its configuration has role `peer-metadata`, too: one filter in the chain in place
 * of two, and who the peer is need not be read back from filter state. HTTP only.
 */
export class StatsAndPeers extends StatsPlugin {
  private peers: PeerMetadata | null = null;
  private hasWarned: bool = false;

  protected exchange(config: StatsConfig, whole: PluginContext): bool {
    const peers = config.peers;
    if (peers === null) return true;
    const role = new PeerMetadata();
    role.apply(peers, whole);
    this.peers = role;
    return true;
  }

  createHttpContext(): HttpContext {
    const peers = this.peers;
    return peers !== null ? new CountedExchange(this, peers) : super.createHttpContext();
  }

  createTcpContext(): TcpContext {
    // Envoy has one plugin for HTTP and for connections where both filters have the same configuration.
    if (this.peers !== null && !this.hasWarned) {
      this.hasWarned = true;
      logWarn(
        "telemetry: peer_metadata is for HTTP; connections need a filter of role peer-metadata in front",
      );
    }
    return super.createTcpContext();
  }
}
