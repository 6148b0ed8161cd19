// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonKind, JsonObject, JsonReader, logError, logWarn } from "tremula/assembly";
import { PeerMetadataConfig } from "../../peer/config";
import { Dimension } from "../cel/dimension";
import { Metric } from "../metrics/metric";
import { standardMetrics } from "../metrics/standard";
import { applyDefinition } from "./definition";
import { readDuration } from "./duration";
import { HostRules } from "./host-rules";
import { applyOverride } from "./override";

const DEFAULT_REPORTING: i64 = 5000;
const SHORTEST_REPORTING: i64 = 10;
/** With all four metrics of requests, most of whose memory is histograms, less than 100 MiB for a worker; see README.md. */
const DEFAULT_SERIES: u32 = 5_000;
const MOST_SERIES: u32 = 1_000_000;
const DEFAULT_VALUES: u32 = 1000;

/** Names of `reporter` in a configuration, in order. */
const REPORTERS: StaticArray<string> = ["UNSPECIFIED", "SERVER_GATEWAY"];

/**
 * The configuration of role `stats`: Istio's `stats.PluginConfig` as JSON, and besides it
 *
 * - `host_header`: what becomes of hosts before they are labels, see `HostRules`
 * - `blocked_hosts`: whether blocked traffic says where to it was, by host, server name or address; see blocked.ts
 * - `max_series`: how many sets of label values are counted apart on a worker; 5,000
 * - `max_label_values`: how many different workloads, pairs of principals and values of an expression; 1,000
 * - `peer_deadline`: how long a connection's report waits for the peer's metadata; one reporting duration
 * - `peer_metadata`: a configuration of role `peer-metadata`, for a filter of HTTP that has both roles
 */
@final
export class StatsConfig {
  readonly metrics: Array<Metric>;
  /** The expressions that metrics refer to by number. */
  readonly dimensions: Array<Dimension>;
  readonly hosts: HostRules;
  readonly hostHeaderFallback: bool;
  readonly isWaypoint: bool;
  readonly blockedHosts: bool;
  /** Milliseconds. */
  readonly reporting: u32;
  readonly peerDeadline: u32;
  readonly maxSeries: i32;
  readonly maxLabelValues: i32;
  /** Null when the filter does not exchange metadata. */
  readonly peers: PeerMetadataConfig | null;

  private constructor(object: JsonObject) {
    const maxSeries = <i32>object.u32Or("max_series", DEFAULT_SERIES, 1, MOST_SERIES);
    const maxLabelValues = <i32>object.u32Or("max_label_values", DEFAULT_VALUES, 1, MOST_SERIES);
    const metrics = standardMetrics();
    const dimensions = new Array<Dimension>();
    const definitions = object.arrayOrEmpty("definitions");
    for (let i = 0; i < definitions.length; i++)
      applyDefinition(definitions.object(i), metrics, dimensions, maxLabelValues);
    const overrides = object.arrayOrEmpty("metrics");
    for (let i = 0; i < overrides.length; i++)
      applyOverride(overrides.object(i), metrics, dimensions, maxLabelValues);
    const reporting = durationOr(object, "tcp_reporting_duration", DEFAULT_REPORTING);

    this.metrics = metrics;
    this.dimensions = dimensions;
    this.maxSeries = maxSeries;
    this.maxLabelValues = maxLabelValues;
    this.hosts = HostRules.read(object.objectOrNull("host_header"));
    this.hostHeaderFallback = !isTrue(object, "disable_host_header_fallback");
    this.isWaypoint = object.enumerationOr("reporter", REPORTERS, 0) == 1;
    this.blockedHosts = object.boolOr("blocked_hosts", false);
    this.reporting = <u32>reporting;
    this.peerDeadline = <u32>durationOr(object, "peer_deadline", reporting);
    const peers = object.objectOrNull("peer_metadata");
    this.peers = peers !== null ? PeerMetadataConfig.part(peers) : null;
    ignoreLegacy(object);
  }

  /** Reads a plugin configuration. Null when something is wrong with it, after an error log that says what and where. */
  static parse(configuration: Bytes): StatsConfig | null {
    const json = JsonReader.parse(configuration);
    const config = new StatsConfig(json.object());
    if (json.finish()) return config;
    logError(json.error);
    config.drop();
    return null;
  }

  /** Frees in the host what it holds there. */
  drop(): void {
    for (let i = 0; i < this.dimensions.length; i++) this.dimensions[i].drop();
  }
}

/** Istio's end-to-end tests, and so its users' configurations, have the text `"true"` too. */
function isTrue(object: JsonObject, field: string): bool {
  const value = object.value(field);
  if (value === null) return false;
  return value.kind == JsonKind.String ? value.string().equalsIgnoreCase("true") : value.bool();
}

/** As in Istio, a duration that cannot be read is none. */
function durationOr(object: JsonObject, field: string, absent: i64): i64 {
  const text = object.stringOr(field, Bytes.EMPTY);
  if (text.isEmpty) return absent;
  const milliseconds = readDuration(text);
  if (milliseconds < 0) {
    logWarn(Bytes.of("telemetry: ").concat(field).concat(" is no duration: ").concat(text));
    return absent;
  }
  return max(milliseconds, SHORTEST_REPORTING);
}

/** What Istio's configurations have had and what has no effect, there or here. */
function ignoreLegacy(object: JsonObject): void {
  object.ignore("role");
  object.ignore("debug");
  object.ignore("stat_prefix");
  object.ignore("max_peer_cache_size");
  object.ignore("field_separator");
  object.ignore("value_separator");
  object.ignore("rotation_interval");
  object.ignore("graceful_deletion_interval");
}
