// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Peer } from "./peer";
import { isPlausible } from "./text";

/** Parts of an endpoint's `istio.workload` at least. */
const PARTS: i32 = 5;
const SEMICOLON: i32 = 0x3b;

/**
 * Reads what Istio's control plane writes on endpoints, `workload;namespace;canonical service;canonical revision;cluster`.
 *
 * @returns null when it has fewer parts
 */
export function peerOfEndpoint(text: Bytes): Peer | null {
  const octets = text.copy();
  const parts = new Array<Bytes>();
  let start = 0;
  while (parts.length < PARTS) {
    const end = octets.indexOfByte(SEMICOLON, start);
    parts.push(octets.slice(start, end < 0 ? octets.length : end));
    if (end < 0) break;
    start = end + 1;
  }
  if (parts.length < PARTS) return null;
  const peer = new Peer();
  peer.workload = plausible(parts[0]);
  peer.namespace = plausible(parts[1]);
  peer.canonicalName = plausible(parts[2]);
  peer.canonicalRevision = plausible(parts[3]);
  peer.cluster = plausible(parts[4]);
  return peer;
}

function plausible(text: Bytes): Bytes {
  return isPlausible(text) ? text : Bytes.EMPTY;
}
