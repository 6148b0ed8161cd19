// SPDX-License-Identifier: Apache-2.0
import {
  ByteWriter,
  Bytes,
  LifeSpan,
  OctetCache,
  PluginContext,
  Property,
  PropertyType,
  Status,
} from "tremula/assembly";
import { peerOfEndpoint } from "./endpoint";
import { Peer } from "./peer";

// Peers pass from the role that exchanges metadata to those that use it through filter state `wasm.downstream_peer` and
// `wasm.upstream_peer`, as in Istio's Wasm filters. A path of one name gives the octets that were set; through
// `filter_state` Envoy would take the struct apart (source/extensions/filters/common/expr/cel_state.cc, exprValue).

const DOWNSTREAM = "downstream_peer";
const UPSTREAM = "upstream_peer";

// @ts-ignore: decorator
@lazy
const DOWNSTREAM_PEER = new Property("downstream_peer");
// @ts-ignore: decorator
@lazy
const DOWNSTREAM_PEER_ID = new Property("downstream_peer_id");
// @ts-ignore: decorator
@lazy
const UPSTREAM_PEER = new Property("upstream_peer");
// @ts-ignore: decorator
@lazy
const UPSTREAM_PEER_ID = new Property("upstream_peer_id");
// @ts-ignore: decorator
@lazy
const ENDPOINT = new Property("xds", "upstream_host_metadata", "filter_metadata", "istio").at("workload");

// @ts-ignore: decorator
@lazy
const FRAME_OCTETS = new Property("peer_frame_octets");
// @ts-ignore: decorator
@lazy
const frameOctets = new ByteWriter(8);

/** The id of a peer that has turned out to send no metadata: nobody need wait for it (Istio's word). */
export const UNKNOWN_ID = "envoy.wasm.metadata_exchange.peer_unknown";

const TYPE_URL = "type.googleapis.com/google.protobuf.Struct";

/** Peers that are remembered, and octets of the largest: whoever may connect can fill them. */
const CAPACITY: i32 = 500;
const LARGEST: i32 = 4096;

/** By filter state or endpoint metadata. The VM's, as what is in it follows from the octets alone. */
// @ts-ignore: decorator
@lazy
const peers = new OctetCache<Peer>(CAPACITY, LARGEST);

/** Who the client is, or null when it has said nothing (yet). Streams only; a host call. */
export function downstreamPeer(): Peer | null {
  return read(DOWNSTREAM_PEER);
}

/** Who the upstream is by what it has said, or null. Streams only; a host call. */
export function upstreamPeer(): Peer | null {
  return read(UPSTREAM_PEER);
}

/** Who the upstream is by what the control plane says of the endpoint, or null. Streams only; a host call. */
export function endpointPeer(): Peer | null {
  const text = ENDPOINT.get();
  if (text === null || text.length == 0) return null;
  const known = peers.find(text);
  if (known !== null) return known.value;
  const peer = peerOfEndpoint(text);
  if (peer !== null) peers.set(text, peer);
  return peer;
}

/** Whether it is certain that the client says nothing of itself. */
export function isDownstreamPeerUnknown(): bool {
  return isUnknown(DOWNSTREAM_PEER_ID);
}

/** Whether it is certain that the upstream says nothing of itself. */
export function isUpstreamPeerUnknown(): bool {
  return isUnknown(UPSTREAM_PEER_ID);
}

/** Tells later filters, expressions and access logs who the client is. */
export function setDownstreamPeer(peer: Peer): Status {
  return DOWNSTREAM_PEER.set(peer.toState());
}

/** Tells them who the upstream is. */
export function setUpstreamPeer(peer: Peer): Status {
  return UPSTREAM_PEER.set(peer.toState());
}

/**
 * Tells how much of a connection's octets at the client's socket were frames: Envoy counts them with the rest, and they are no
 * bytes of the applications. As two u32, little-endian.
 *
 * @param taken octets of the frame that was taken out of what the client has sent, as often as Envoy has counted them
 * @param put octets of the one that was put in front of what goes to it
 */
export function setFrameOctets(taken: u32, put: u32): Status {
  return FRAME_OCTETS.set(frameOctets.clear().writeLE<u32>(taken).writeLE<u32>(put).view());
}

/** What `setFrameOctets` has set: `taken` in the low half, `put` in the high one. A host call. */
export function readFrameOctets(): u64 {
  return <u64>FRAME_OCTETS.getInt(0);
}

/** The client's id, or `UNKNOWN_ID`. */
export function setDownstreamPeerId<I>(id: I): Status {
  return DOWNSTREAM_PEER_ID.set(id);
}

/** The upstream's id, or `UNKNOWN_ID`. */
export function setUpstreamPeerId<I>(id: I): Status {
  return UPSTREAM_PEER_ID.set(id);
}

/**
 * In `onConfigure` of a plugin that sets peers: makes them structs to expressions, `filter_state['wasm.downstream_peer'].app`.
 *
 * The client stays the client over internal redirects, and is set once. What is set on a connection is seen by all its
 * requests, and setting it again there would change it for all of them (source/extensions/common/wasm/context.cc,
 * setProperty): read-only, it is refused. The upstream is another one after each redirect.
 */
export function declarePeers(plugin: PluginContext): void {
  const schema = Bytes.of(TYPE_URL);
  plugin.declareProperty(DOWNSTREAM, PropertyType.Protobuf, LifeSpan.DownstreamRequest, true, schema);
  plugin.declareProperty("downstream_peer_id", PropertyType.String, LifeSpan.DownstreamRequest, true);
  plugin.declareProperty(UPSTREAM, PropertyType.Protobuf, LifeSpan.FilterChain, false, schema);
  plugin.declareProperty("upstream_peer_id", PropertyType.String, LifeSpan.FilterChain);
}

function read(property: Property): Peer | null {
  const state = property.get();
  if (state === null) return null;
  const known = peers.find(state);
  if (known !== null) return known.value;
  const peer = Peer.fromStruct(state);
  if (peer !== null) peers.set(state, peer);
  return peer;
}

function isUnknown(id: Property): bool {
  const value = id.get();
  return value !== null && value.equals(UNKNOWN_ID);
}
