// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { Peer } from "./peer";
import { isPlausible } from "./text";

/** Octets of the longest value that is read: what W3C Baggage (section 3.3.2) has every implementation pass on. */
const LONGEST: i32 = 8192;
const EQUALS: i32 = 0x3d;
const SEMICOLON: i32 = 0x3b;
const PERCENT: u8 = 0x25;
const TYPES: StaticArray<string> = ["deployment", "pod", "cronjob", "job"];

/**
 * Who a peer is by the members that Istio's proxies put into a `baggage` header (W3C Baggage):
 *
 *     k8s.cluster.name=c1,k8s.namespace.name=default,k8s.deployment.name=productpage-v1,service.name=productpage
 *
 * Of two members of a name the later one counts: proxies add theirs behind what an application has passed on.
 *
 * @returns null when there is no such member
 */
export function peerOfBaggage(baggage: Bytes): Peer | null {
  if (baggage.length > LONGEST) return null;
  const peer = new Peer();
  let appName = Bytes.EMPTY;
  let appVersion = Bytes.EMPTY;
  let found = false;
  for (const members = baggage.list(); members.next();) {
    const member = members.item;
    const equals = member.indexOfByte(EQUALS);
    if (equals < 0) continue;
    const key = member.slice(0, equals).trim();
    const semicolon = member.indexOfByte(SEMICOLON, equals);
    const value = unescaped(member.slice(equals + 1, semicolon < 0 ? member.length : semicolon).trim());
    if (value === null || !isPlausible(value)) continue;
    if (key.equals("app.name")) appName = value;
    else if (key.equals("app.version")) appVersion = value;
    else if (!setMember(peer, key, value)) continue;
    found = true;
  }
  if (!found) return null;
  // Each stands in for the other, as in Istio.
  peer.app = appName.isEmpty ? peer.canonicalName : appName;
  peer.version = appVersion.isEmpty ? peer.canonicalRevision : appVersion;
  if (peer.canonicalName.isEmpty) peer.canonicalName = appName;
  if (peer.canonicalRevision.isEmpty) peer.canonicalRevision = appVersion;
  return peer;
}

function setMember(peer: Peer, key: Bytes, value: Bytes): bool {
  if (key.equals("service.name")) peer.canonicalName = value;
  else if (key.equals("service.version")) peer.canonicalRevision = value;
  else if (key.equals("k8s.namespace.name")) peer.namespace = value;
  else if (key.equals("k8s.cluster.name")) peer.cluster = value;
  else if (key.equals("k8s.instance.name")) peer.name = value;
  else if (key.equals("cloud.region")) peer.region = value;
  else if (key.equals("cloud.availability_zone")) peer.availabilityZone = value;
  else return setWorkload(peer, key, value);
  return true;
}

/** `k8s.<type>.name`. */
function setWorkload(peer: Peer, key: Bytes, value: Bytes): bool {
  if (!key.startsWith("k8s.") || !key.endsWith(".name")) return false;
  const type = key.slice(4, -5);
  for (let i = 0; i < TYPES.length; i++) {
    if (!type.equals(TYPES[i])) continue;
    peer.workload = value;
    peer.type = Bytes.of(TYPES[i]);
    return true;
  }
  return false;
}

/** A value without its percent-encoding; null where that makes no sense. */
function unescaped(value: Bytes): Bytes | null {
  if (value.indexOfByte(PERCENT) < 0) return value.copy();
  const text = new ByteWriter(value.length);
  for (let i = 0; i < value.length; i++) {
    const octet = value.at(i);
    if (octet != PERCENT) {
      text.writeByte(<u8>octet);
      continue;
    }
    const high = digitOf(value.at(i + 1));
    const low = digitOf(value.at(i + 2));
    if (high < 0 || low < 0) return null;
    text.writeByte(<u8>(high * 16 + low));
    i += 2;
  }
  return text.toBytes();
}

function digitOf(letter: i32): i32 {
  if (letter >= 0x30 && letter <= 0x39) return letter - 0x30;
  const lower = letter | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
