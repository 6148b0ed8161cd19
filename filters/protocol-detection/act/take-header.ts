// SPDX-License-Identifier: Apache-2.0
import { HostBuffer } from "tremula/assembly";
import { labelProxySource } from "./labels";
import { ENOUGH, PARTIAL_HEADER, proxyHeaderLength, proxySource } from "./proxy-header";

/**
 * Takes the PROXY header that a connection begins with out of its data, once it is whole, and makes its source known.
 *
 * @param size octets in the buffer
 * @param keeps whether the header stays in the data, for the upstream
 * @returns octets that the header has; or `NO_HEADER` or `PARTIAL_HEADER`
 */
export function takeProxyHeader(buffer: HostBuffer, size: i32, keeps: bool): i32 {
  // However slowly a long one comes, no more than its start is read again and again.
  const start = buffer.get(0, ENOUGH);
  if (start === null) return PARTIAL_HEADER;
  const length = proxyHeaderLength(start, size);
  if (length <= 0) return length;
  const source = proxySource(start.slice(0, length));
  if (source !== null) labelProxySource(source);
  if (keeps) return length;
  // Envoy cannot take out a part of a buffer.
  const all = size <= ENOUGH ? start : buffer.get();
  if (all !== null) buffer.replace(all.slice(length));
  return length;
}
