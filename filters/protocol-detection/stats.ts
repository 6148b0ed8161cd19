// SPDX-License-Identifier: Apache-2.0
import { Bytes, Counter, Gauge, TaggedCounter } from "tremula/assembly";

const connections = new TaggedCounter("protocol_detection_connections", ["protocol", "reason", "action"]);
const refinements = new TaggedCounter("protocol_detection_refinements", ["protocol"]);

/** Connections that wait for their verdict now. */
export const pending = new Gauge("protocol_detection.pending");
/** Connections that have gone before their verdict. */
export const abandoned = new Counter("protocol_detection.abandoned");
/** Connections that were closed because the PROXY header that was declared was missing, or is none. */
export const proxyRefused = new Counter("protocol_detection.proxy_refused");
/** Connections that were closed because Envoy refused the cluster. */
export const routeFailed = new Counter("protocol_detection.route_failed");

/** Counts a verdict and what came of it: `routed`, `passed` or `closed`. */
export function countVerdict(protocol: Bytes, reason: Bytes, action: string): void {
  connections.with(protocol).with(reason).with(action).increment();
}

/** Counts a protocol that came to be known behind the verdict: by the server's greeting, or of HTTP/2 that is gRPC. */
export function countRefinement(protocol: Bytes): void {
  refinements.with(protocol).increment();
}
