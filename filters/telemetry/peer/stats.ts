// SPDX-License-Identifier: Apache-2.0
import { Counter } from "tremula/assembly";

/** What the exchange has met, in Envoy's stats as `wasmcustom.peer_metadata.<name>`. */
@final
export class Stats {
  /** Values that were no base64 of a struct, or no frame of one. */
  readonly malformed: Counter = new Counter("peer_metadata.malformed");
  /** Values and frames that were too long to be read. */
  readonly oversized: Counter = new Counter("peer_metadata.oversized");
  readonly cacheHit: Counter = new Counter("peer_metadata.cache_hit");
  readonly cacheMiss: Counter = new Counter("peer_metadata.cache_miss");
  readonly cacheEvicted: Counter = new Counter("peer_metadata.cache_evicted");
  /** Connections whose peer has sent a frame, and those whose peer has not. */
  readonly frameFound: Counter = new Counter("peer_metadata.tcp_frame_found");
  readonly frameNotFound: Counter = new Counter("peer_metadata.tcp_frame_not_found");
  /** Connections whose peer has begun a frame and not gone on in time. */
  readonly frameTimeout: Counter = new Counter("peer_metadata.tcp_frame_timeout");
  /** Frames that were sent. */
  readonly frameSent: Counter = new Counter("peer_metadata.tcp_frame_sent");
}
