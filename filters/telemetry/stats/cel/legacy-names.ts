// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

/** Attributes that were at the top level until Envoy 1.33 (envoyproxy/envoy#36619) and are below `xds` now. */
const MOVED: StaticArray<string> = [
  "node",
  "cluster_name",
  "cluster_metadata",
  "route_name",
  "route_metadata",
  "listener_direction",
  "listener_metadata",
  "upstream_host_metadata",
];
/** Peers whose labels were messages with a `value`, and are strings now. */
const PEERS: StaticArray<string> = ["upstream_peer", "downstream_peer"];

const SINGLE: i32 = 0x27;
const DOUBLE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;
const SLASH: i32 = 0x2f;
const NEWLINE: u8 = 0x0a;
const POINT: i32 = 0x2e;
const OPEN: i32 = 0x5b;
const CLOSE: i32 = 0x5d;

/**
 * Makes an expression that was written for Istio's Wasm filters one for today's Envoy: `node.metadata['X']` becomes
 * `xds.node.metadata['X']`, and `upstream_peer.labels['app'].value` loses its `.value`. What is in quotes, in a comment or
 * behind a point stays.
 */
export function modernized(expression: Bytes): Bytes {
  const text = new ByteWriter(expression.length + 32);
  let at = 0;
  let before = 0;
  while (at < expression.length) {
    const octet = expression.at(at);
    let end = at + 1;
    if (octet == SINGLE || octet == DOUBLE) end = afterQuotes(expression, at);
    else if (octet == SLASH && expression.at(end) == SLASH) end = afterLine(expression, at);
    else if (isWord(octet)) {
      while (isWord(expression.at(end))) end++;
      if (before != POINT && isOneOf(MOVED, expression.slice(at, end))) text.write("xds.");
    }
    const isPeer = before != POINT && isOneOf(PEERS, expression.slice(at, end));
    text.write(expression.slice(at, end));
    if (isPeer) {
      const labels = afterLabels(expression, end);
      text.write(expression.slice(end, labels));
      end = labels;
      if (expression.slice(end).startsWith(".value") && !isWord(expression.at(end + 6))) end += 6;
    }
    if (octet > 0x20) before = expression.at(end - 1);
    at = end;
  }
  return text.toBytes();
}

/** Where `.labels['name']` ends that begins here; here when there is none. */
function afterLabels(expression: Bytes, start: i32): i32 {
  const prefix = ".labels";
  if (!expression.slice(start).startsWith(prefix)) return start;
  let at = start + prefix.length;
  if (expression.at(at) != OPEN) return start;
  at++;
  const quote = expression.at(at);
  if (quote != SINGLE && quote != DOUBLE) return start;
  at = afterQuotes(expression, at);
  return expression.at(at) == CLOSE ? at + 1 : start;
}

/** Where the string ends that begins here. */
function afterQuotes(expression: Bytes, start: i32): i32 {
  const quote = expression.at(start);
  let at = start + 1;
  while (at < expression.length && expression.at(at) != quote) at += expression.at(at) == BACKSLASH ? 2 : 1;
  return min(at + 1, expression.length);
}

/** Where the line ends that the comment from here is in. */
function afterLine(expression: Bytes, start: i32): i32 {
  const end = expression.indexOfByte(NEWLINE, start);
  return end < 0 ? expression.length : end + 1;
}

function isOneOf(names: StaticArray<string>, word: Bytes): bool {
  for (let i = 0; i < names.length; i++) if (word.equals(unchecked(names[i]))) return true;
  return false;
}

function isWord(octet: i32): bool {
  return octet == 0x5f || <u32>(octet - 0x30) < 10 || <u32>(octet - 0x41) < 26 || <u32>(octet - 0x61) < 26;
}
