// SPDX-License-Identifier: Apache-2.0
import { Bytes, FilterHeadersStatus, HttpContext } from "tremula/assembly";
import { peerOfBaggage } from "./baggage";
import { isExternal } from "./external";
import { PeerMetadata } from "./plugin";
import { setDownstreamPeer, setDownstreamPeerId, setUpstreamPeer, setUpstreamPeerId } from "./state";
import { isPlausible } from "./text";

/** The node's id, and base64 of a serialized `google.protobuf.Struct`. */
export const ID = "x-envoy-peer-metadata-id";
export const METADATA = "x-envoy-peer-metadata";
const BAGGAGE = "baggage";

/** One request: what both ends say of themselves in headers goes into filter state, and no further. */
@final
export class PeerMetadataStream extends HttpContext {
  /** What the request has asked for by saying it. Istio's filter has twice sent headers to clients that had not. */
  private hasId: bool = false;
  private hasMetadata: bool = false;

  constructor(private readonly plugin: PeerMetadata) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const plugin = this.plugin;
    plugin.orient();
    const baggageKnows = plugin.readsBaggage && plugin.baggageFirst && this.readBaggage();
    if (plugin.readsDownstream) this.readRequest(baggageKnows);
    if (plugin.tells) this.tell();
    return FilterHeadersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const plugin = this.plugin;
    const answersId = plugin.answers && this.hasId && !plugin.nodeId.isEmpty;
    const answersMetadata = plugin.answers && this.hasMetadata && !plugin.metadata.isEmpty;
    if (plugin.readsUpstream) this.readResponse(answersId, answersMetadata);
    if (answersId) this.responseHeaders.replace(ID, plugin.nodeId);
    if (answersMetadata) this.responseHeaders.replace(METADATA, plugin.metadata);
    return FilterHeadersStatus.Continue;
  }

  private readRequest(isKnown: bool): void {
    const headers = this.requestHeaders;
    // What `tell` will replace need not be removed.
    const removes = !this.plugin.tells;
    const id = headers.get(ID);
    if (id !== null) {
      this.hasId = true;
      if (removes) headers.remove(ID);
      if (this.plugin.keepsIds && !id.isEmpty && isPlausible(id)) setDownstreamPeerId(id);
    }
    const metadata = headers.get(METADATA);
    if (metadata !== null) {
      this.hasMetadata = true;
      if (removes) headers.remove(METADATA);
      if (!isKnown) isKnown = this.readMetadata(metadata);
    }
    if (!isKnown && this.plugin.readsBaggage && !this.plugin.baggageFirst) this.readBaggage();
  }

  private readMetadata(metadata: Bytes): bool {
    const peer = this.plugin.exchange.read(metadata);
    if (peer === null) return false;
    setDownstreamPeer(peer);
    return true;
  }

  private readBaggage(): bool {
    const baggage = this.requestHeaders.get(BAGGAGE);
    if (baggage === null) return false;
    const peer = peerOfBaggage(baggage);
    if (peer === null) return false;
    setDownstreamPeer(peer);
    return true;
  }

  /** Says who sends the request, whatever its headers have said; to those in the mesh. */
  private tell(): void {
    const plugin = this.plugin;
    const isSilent = plugin.skipExternal && isExternal();
    this.write(ID, isSilent ? Bytes.EMPTY : plugin.nodeId);
    this.write(METADATA, isSilent ? Bytes.EMPTY : plugin.metadata);
  }

  private write(name: string, value: Bytes): void {
    if (value.isEmpty) this.requestHeaders.remove(name);
    else this.requestHeaders.replace(name, value);
  }

  /** @param keepsId, keepsMetadata those are replaced in a moment, and need not be removed */
  private readResponse(keepsId: bool, keepsMetadata: bool): void {
    const headers = this.responseHeaders;
    const id = headers.get(ID);
    if (id !== null) {
      if (!keepsId) headers.remove(ID);
      if (this.plugin.keepsIds && !id.isEmpty && isPlausible(id)) setUpstreamPeerId(id);
    }
    const metadata = headers.get(METADATA);
    if (metadata === null) return;
    if (!keepsMetadata) headers.remove(METADATA);
    const peer = this.plugin.exchange.read(metadata);
    if (peer !== null) setUpstreamPeer(peer);
  }
}
