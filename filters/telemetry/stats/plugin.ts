// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, Gauge, HttpContext, logError, PluginContext, TcpContext } from "tremula/assembly";
import { makeEffective } from "tremula/assembly/abi/callback";
import { localNode } from "../peer/local";
import { Peer } from "../peer/peer";
import { StatsConfig } from "./config/stats-config";
import { HttpStats, HttpStatsWithExpressions } from "./http";
import { Reporter, UNKNOWN } from "./labels/label";
import { mended } from "./labels/workload";
import { MetricGroup } from "./metrics/group";
import { Moment } from "./metrics/metric";
import { metricsOf } from "./metrics/needs";
import { SelfStats } from "./self-stats";
import { ConnectionRecorder } from "./stream/connection-recorder";
import { LiveList } from "./stream/live-list";
import { MessageRecorder } from "./stream/message-recorder";
import { RequestRecorder } from "./stream/request-recorder";
import { Surroundings } from "./stream/surroundings";
import { TcpStats } from "./tcp";

/** Role `stats`: Istio's standard metrics of the streams of one filter. */
export class StatsPlugin extends PluginContext {
  requests!: RequestRecorder;
  messages!: MessageRecorder;
  connections!: ConnectionRecorder;
  /** gRPC calls, and connections, as long as they are open. */
  readonly streams: LiveList<HttpStats> = new LiveList<HttpStats>();
  readonly sockets: LiveList<TcpStats> = new LiveList<TcpStats>();
  private config!: StatsConfig;
  private around!: Surroundings;
  private stats!: SelfStats;

  onConfigure(configuration: Bytes): bool {
    return this.configure(configuration, this);
  }

  /**
   * What `onConfigure` does, for a plugin that has this one as a part.
   *
   * @param whole the plugin whose `onConfigure` runs
   */
  configure(configuration: Bytes, whole: PluginContext): bool {
    const config = StatsConfig.parse(configuration);
    if (config === null) return false;
    if (!this.exchange(config, whole)) {
      config.drop();
      return false;
    }
    this.config = config;
    const local = localNode().peer;
    const around = new Surroundings(config, local, reporterOf(config, whole.rootId));
    const groups = new Array<MetricGroup>();
    for (let moment: i32 = Moment.Request; moment <= Moment.Connection; moment++) {
      groups.push(new MetricGroup(metricsOf(config.metrics, moment), around.tables, config.maxSeries));
    }
    this.around = around;
    this.requests = new RequestRecorder(groups[Moment.Request], around);
    this.messages = new MessageRecorder(groups[Moment.Messages], around);
    const patience = (config.peerDeadline + config.reporting - 1) / config.reporting;
    this.connections = new ConnectionRecorder(groups[Moment.Connection], around, patience);
    this.stats = new SelfStats(around.tables, groups);
    countBuild(local);
    this.setTickPeriod(config.reporting);
    return true;
  }

  /** Where the configuration has the exchange of metadata, too: a module of this role alone cannot do it. */
  protected exchange(config: StatsConfig, whole: PluginContext): bool {
    if (config.peers === null) return true;
    logError("$.peer_metadata: this module has no such role; the one with all roles has");
    return false;
  }

  createHttpContext(): HttpContext {
    return this.messages.hasExpressions ? new HttpStatsWithExpressions(this) : new HttpStats(this);
  }

  createTcpContext(): TcpContext {
    const connection = new TcpStats(this);
    if (this.connections.isUsed) this.sockets.add(connection);
    return connection;
  }

  /** Lets the timer count a call's messages. */
  watch(stream: HttpStats): void {
    if (this.messages.isUsed) this.streams.add(stream);
  }

  onTick(): void {
    // Metadata of clusters may have changed.
    this.around.destination.clusters.refresh();
    this.reportStreams();
    this.reportConnections();
    this.stats.flush();
  }

  /** Instead of `onDone`, for which Envoy would call the module at the end of each stream, too. */
  onDelete(): void {
    this.stats.flush();
  }

  private reportStreams(): void {
    let stream = this.streams.newest;
    while (stream !== null) {
      const next = stream.older;
      if (makeEffective(stream.id)) this.messages.report(stream);
      stream = next;
    }
  }

  private reportConnections(): void {
    let connection = this.sockets.newest;
    while (connection !== null) {
      const next = connection.older;
      if (makeEffective(connection.id)) this.connections.report(connection);
      connection = next;
    }
  }
}

/** What the configuration or the root id says of it, or -1. */
function reporterOf(config: StatsConfig, rootId: Bytes): i32 {
  if (config.isWaypoint) return Reporter.Waypoint;
  if (rootId.equals("stats_inbound")) return Reporter.Destination;
  return rootId.equals("stats_outbound") ? Reporter.Source : -1;
}

/** `istio_build`, which says once for all what version this proxy is of. */
function countBuild(local: Peer): void {
  const version = local.istioVersion.isEmpty ? Bytes.of(UNKNOWN) : mended(local.istioVersion);
  const name = new ByteWriter().write("component=.=proxy;.;tag=.=").write(version).write(";.;istio_build");
  new Gauge(name.toString()).set(1);
}
