// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonArray, JsonObject, JsonReader, logError, logWarn } from "tremula/assembly";
import { localNode, LocalNode } from "./local";

/** Which way the listener faces that the filter is in. */
export enum Direction {
  /** As the listener says. */
  Listener,
  /** Towards the workload: learns who the client is, and answers who it is itself. */
  Inbound,
  /** Away from it: tells who it is, and learns who the upstream is. */
  Outbound,
  /** Both. */
  Gateway,
}

const DIRECTIONS: StaticArray<string> = ["listener", "inbound", "outbound", "gateway"];
const PAYLOADS: StaticArray<string> = ["essential", "full"];
const METHODS: StaticArray<string> = [
  "istio_headers",
  "baggage",
  "workload_discovery",
  "upstream_filter_state",
];
const HEADERS: i32 = 0;
const BAGGAGE: i32 = 1;

const DEFAULT_CACHE_SIZE: u32 = 500;
const DEFAULT_LONGEST: u32 = 16384;
const LARGEST_FRAME: u32 = 1 << 16;
const DEFAULT_TIMEOUT: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/**
 * The plugin configuration, with the fields of Istio's native filters (`io.istio.http.peer_metadata.Config`, and of
 * `MetadataExchange` those that matter here) and of its Wasm filter, in JSON; and besides them
 *
 * - `direction`, when the listener does not say or does not matter: see `Direction`
 * - `payload`: what is told of this proxy, `essential` (default; as the native filter) or `full` (as the Wasm filter)
 * - `local`: who this proxy is, instead of what its bootstrap says; see `LocalNode.read`
 * - `max_metadata_size`: octets of the longest header value, and of the longest frame, that is read
 * - `peer_ids`: puts the ids of HTTP peers into filter state, as Istio's Wasm filter did; off by default, as in its native one,
 *   for it costs more than a microsecond for each peer
 * - `tcp_client`: sends a frame to upstreams (see tcp.ts; off by default)
 * - `frame_timeout`: how long an unfinished frame is waited for
 *
 * Without any of the four lists of methods headers are exchanged as the direction says.
 */
@final
export class PeerMetadataConfig {
  readonly direction: Direction;
  readonly local: LocalNode;
  /** A serialized `google.protobuf.Struct`. */
  readonly payload: Bytes;
  readonly cacheSize: u32;
  readonly longest: u32;
  /** Whether the lists of methods say what to do, and not the direction. */
  readonly hasMethods: bool;
  readonly downstreamHeaders: bool;
  readonly downstreamBaggage: bool;
  /** Baggage counts before headers. */
  readonly baggageFirst: bool;
  readonly answers: bool;
  readonly upstreamHeaders: bool;
  readonly tells: bool;
  /** Nothing goes to clusters that are outside of the mesh. */
  readonly skipExternal: bool;
  readonly peerIds: bool;
  readonly tcpClient: bool;
  /** Milliseconds. */
  readonly frameTimeout: u64;

  private constructor(object: JsonObject) {
    object.ignore("role");
    // Older fields that stand for what is always so, or that only a native filter can do.
    object.ignore("stat_prefix");
    object.ignore("shared_with_upstream");
    object.ignore("protocol");
    object.ignore("enable_discovery");
    this.direction = object.choiceOr("direction", DIRECTIONS, Direction.Listener);
    const local = object.objectOrNull("local");
    const node = local !== null ? LocalNode.read(local) : localNode();
    this.local = node;
    const labels = object.arrayOrEmpty("additional_labels");
    const names = new Array<Bytes>();
    for (let i = 0; i < labels.length; i++) names.push(labels.string(i).copy());
    this.payload = object.choiceOr("payload", PAYLOADS, 0) == 0 ? node.essentials(names) : node.everything;
    this.cacheSize = object.u32Or("max_peer_cache_size", DEFAULT_CACHE_SIZE, 0, 100_000);
    this.longest = object.u32Or("max_metadata_size", DEFAULT_LONGEST, 64, LARGEST_FRAME);

    const discovery = Methods.read(object.arrayOrEmpty("downstream_discovery"), true);
    const answer = Methods.read(object.arrayOrEmpty("downstream_propagation"), false);
    const upstream = Methods.read(object.arrayOrEmpty("upstream_discovery"), false);
    const telling = Methods.read(object.arrayOrEmpty("upstream_propagation"), false);
    this.hasMethods =
      object.has("downstream_discovery") ||
      object.has("downstream_propagation") ||
      object.has("upstream_discovery") ||
      object.has("upstream_propagation");
    this.downstreamHeaders = discovery.hasHeaders;
    this.downstreamBaggage = discovery.hasBaggage;
    this.baggageFirst = discovery.baggageFirst;
    this.answers = answer.hasHeaders;
    this.upstreamHeaders = upstream.hasHeaders;
    this.tells = telling.hasHeaders;
    const skips = object.boolOr("skip_external_clusters", false);
    this.skipExternal = skips || upstream.skipsExternal || telling.skipsExternal;
    this.peerIds = object.boolOr("peer_ids", false);
    this.tcpClient = object.boolOr("tcp_client", false);
    this.frameTimeout = max(object.durationOr("frame_timeout", DEFAULT_TIMEOUT) / MILLISECOND, 1);
  }

  /** Reads it where it is a part of another role's configuration, whose reader says what is wrong with it. */
  static part(object: JsonObject): PeerMetadataConfig {
    return new PeerMetadataConfig(object);
  }

  /** Reads a plugin configuration. Null when something is wrong with it, after an error log that says what and where. */
  static parse(configuration: Bytes): PeerMetadataConfig | null {
    const json = JsonReader.parse(configuration);
    const config = new PeerMetadataConfig(json.object());
    if (json.finish()) return config;
    logError(json.error);
    return null;
  }
}

/** One of the lists of methods. */
@final
class Methods {
  hasHeaders: bool = false;
  hasBaggage: bool = false;
  baggageFirst: bool = false;
  skipsExternal: bool = false;

  static read(list: JsonArray, mayBeBaggage: bool): Methods {
    const methods = new Methods();
    for (let i = 0; i < list.length; i++) {
      const object = list.object(i);
      const kind = object.oneOf(METHODS);
      if (kind == HEADERS) methods.readHeaders(object.object(METHODS[HEADERS]));
      else if (kind == BAGGAGE && mayBeBaggage) methods.readBaggage(object);
      else if (kind == BAGGAGE) object.refuse(METHODS[BAGGAGE], "can only be read, from downstream");
      else if (kind > BAGGAGE) {
        object.ignore(METHODS[kind]);
        logWarn("peer_metadata: " + METHODS[kind] + " is for native filters only, and left out");
      }
    }
    return methods;
  }

  private readHeaders(object: JsonObject): void {
    this.hasHeaders = true;
    if (object.boolOr("skip_external_clusters", false)) this.skipsExternal = true;
  }

  private readBaggage(object: JsonObject): void {
    object.ignore(METHODS[BAGGAGE]);
    this.hasBaggage = true;
    this.baggageFirst = !this.hasHeaders;
  }
}
