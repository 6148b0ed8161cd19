// SPDX-License-Identifier: Apache-2.0
import { Bytes, HeaderMap, Status } from "tremula/assembly";
import { peerOfBaggage } from "./baggage";
import { isExternal } from "./external";
import { Orientation } from "./orientation";
import { Peer } from "./peer";
import { PeerMetadata } from "./plugin";
import {
  downstreamPeer,
  setDownstreamPeer,
  setDownstreamPeerId,
  setUpstreamPeer,
  setUpstreamPeerId,
} from "./state";
import { isPlausible } from "./text";

/** The node's id, and base64 of a serialized `google.protobuf.Struct`. */
const ID = "x-envoy-peer-metadata-id";
const METADATA = "x-envoy-peer-metadata";
const BAGGAGE = "baggage";
/** Envoy's word on requests that it sends again where an upstream has redirected them to. */
const ORIGINAL_URL = "x-envoy-original-url";

/** What both ends of one request say of themselves in headers: it goes into filter state, and no further. */
@final
export class HttpExchange {
  /** Who the ends are, as far as it was this exchange that told the filters behind it. */
  downstream: Peer | null = null;
  upstream: Peer | null = null;
  /** What the request has asked for by saying it. Istio's filter has twice sent headers to clients that had not. */
  private hasId: bool = false;
  private hasMetadata: bool = false;
  /** Null before the request's headers were seen. */
  private orientation: Orientation | null = null;

  constructor(private readonly plugin: PeerMetadata) {}

  /** In `onRequestHeaders`. */
  request(headers: HeaderMap): void {
    const plugin = this.plugin;
    const orientation = plugin.orientations.here();
    this.orientation = orientation;
    const baggageKnows = plugin.readsBaggage && plugin.baggageFirst && this.readBaggage(headers);
    if (orientation.readsDownstream) this.readRequest(headers, orientation, baggageKnows);
    if (orientation.tells) this.tell(headers);
  }

  /** In `onResponseHeaders`. */
  response(headers: HeaderMap): void {
    const plugin = this.plugin;
    const known = this.orientation;
    const orientation = known !== null ? known : plugin.orientations.here();
    const answersId = orientation.answers && this.hasId && !plugin.nodeId.isEmpty;
    const answersMetadata = orientation.answers && this.hasMetadata && !plugin.metadata.isEmpty;
    if (orientation.readsUpstream) this.readResponse(headers, answersId, answersMetadata);
    if (answersId) headers.replace(ID, plugin.nodeId);
    if (answersMetadata) headers.replace(METADATA, plugin.metadata);
  }

  /** In `onLog` of a request that a filter in front has answered: all that can still be learned is who has sent it. */
  logged(headers: HeaderMap): void {
    const plugin = this.plugin;
    const orientation = plugin.orientations.here();
    const metadata = orientation.readsDownstream ? headers.get(METADATA) : null;
    if (metadata === null || (orientation.tells && this.hasTold(headers, null, metadata))) return;
    this.believe(plugin.exchange.read(metadata));
  }

  private readRequest(headers: HeaderMap, orientation: Orientation, isKnown: bool): void {
    const plugin = this.plugin;
    // What `tell` will replace need not be removed.
    const removes = !orientation.tells;
    const id = orientation.answers || plugin.keepsIds ? headers.get(ID) : null;
    const metadata = headers.get(METADATA);
    if (!removes && this.hasTold(headers, id, metadata)) {
      // What the client has said was read the first time.
      const isKnown = downstreamPeer() !== null;
      this.hasId = isKnown;
      this.hasMetadata = isKnown;
      return;
    }
    this.hasId = id !== null;
    if (id !== null && plugin.keepsIds && !id.isEmpty && isPlausible(id)) setDownstreamPeerId(id);
    // Without a look whether it is there, which would cost more.
    if (removes) headers.remove(ID);
    if (metadata !== null) {
      this.hasMetadata = true;
      if (removes) headers.remove(METADATA);
      if (!isKnown) isKnown = this.believe(plugin.exchange.read(metadata));
    }
    if (!isKnown && plugin.readsBaggage && !plugin.baggageFirst) this.readBaggage(headers);
  }

  /** Whether these are the words of `tell`, and the request one that Envoy sends again after a redirect. */
  private hasTold(headers: HeaderMap, id: Bytes | null, metadata: Bytes | null): bool {
    const plugin = this.plugin;
    const isOwn =
      metadata !== null
        ? metadata.equals(plugin.metadata)
        : id !== null && plugin.metadata.isEmpty && id.equals(plugin.nodeId);
    return isOwn && headers.get(ORIGINAL_URL) !== null;
  }

  private readBaggage(headers: HeaderMap): bool {
    const baggage = headers.get(BAGGAGE);
    return baggage !== null && this.believe(peerOfBaggage(baggage));
  }

  /** @returns false when there is nobody to believe */
  private believe(peer: Peer | null): bool {
    if (peer === null) return false;
    // Refused where the connection, or the request before an internal redirect, has told already.
    if (setDownstreamPeer(peer) == Status.Ok) this.downstream = peer;
    return true;
  }

  /** Says who sends the request, whatever its headers have said; to those in the mesh. */
  private tell(headers: HeaderMap): void {
    const plugin = this.plugin;
    const isSilent = plugin.skipExternal && isExternal();
    write(headers, ID, isSilent ? Bytes.EMPTY : plugin.nodeId);
    write(headers, METADATA, isSilent ? Bytes.EMPTY : plugin.metadata);
  }

  /** @param keepsId, keepsMetadata those are replaced in a moment, and need not be removed */
  private readResponse(headers: HeaderMap, keepsId: bool, keepsMetadata: bool): void {
    const plugin = this.plugin;
    if (plugin.keepsIds) {
      const id = headers.get(ID);
      if (id !== null && !id.isEmpty && isPlausible(id)) setUpstreamPeerId(id);
    }
    if (!keepsId) headers.remove(ID);
    const metadata = headers.get(METADATA);
    if (metadata === null) return;
    if (!keepsMetadata) headers.remove(METADATA);
    const peer = plugin.exchange.read(metadata);
    if (peer !== null && setUpstreamPeer(peer) == Status.Ok) this.upstream = peer;
  }
}

function write(headers: HeaderMap, name: string, value: Bytes): void {
  if (value.isEmpty) headers.remove(name);
  else headers.replace(name, value);
}
