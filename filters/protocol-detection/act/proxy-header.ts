// SPDX-License-Identifier: Apache-2.0
import { Bytes, IpAddress } from "tremula/assembly";

// The PROXY protocol, versions 1 and 2 (HAProxy, doc/proxy-protocol.txt, sections 2.1 and 2.2).

/** Octets of the longest header of version 1. */
const LONGEST_V1: i32 = 107;
/** Octets before what a header of version 2 gives the length of. */
const FIXED_V2: i32 = 16;
/** Octets that a header of version 2 may have: what is behind the addresses are extensions. */
const LONGEST_V2: i32 = 4096;
/** Octets of two addresses and two ports, or of two paths. */
const OF_IPV4: i32 = 12;
const OF_IPV6: i32 = 36;
const OF_UNIX: i32 = 216;

// @ts-ignore: decorator
@lazy
const V1: Bytes = Bytes.of("PROXY ");
// @ts-ignore: decorator
@lazy
const V2: Bytes = Bytes.of("\r\n\r\n\0\r\nQUIT\n");

/**
 * Octets of a connection's start that are enough to know how long its header is and where it says that the client is:
 * addresses of the Internet end before in version 2.
 */
export const ENOUGH: i32 = LONGEST_V1;
/** There is no header. */
export const NO_HEADER: i32 = -1;
/** There may be one; more octets are needed to know. */
export const PARTIAL_HEADER: i32 = 0;

/**
 * Number of octets that the header takes which a connection begins with; or one of the two above.
 *
 * @param start the first octets, `ENOUGH` of them if there are as many
 * @param size octets that have come
 */
export function proxyHeaderLength(start: Bytes, size: i32): i32 {
  if (isPrefix(start, V2)) return size < FIXED_V2 ? PARTIAL_HEADER : lengthOfV2(start, size);
  return isPrefix(start, V1) ? lengthOfV1(start) : NO_HEADER;
}

/** Where the client is by the start of a whole header, `10.0.0.1:4711` or `[fd00::1]:4711`; null where it does not say. */
export function proxySource(header: Bytes): Bytes | null {
  return header.at(0) == V2.at(0) ? sourceOfV2(header) : sourceOfV1(header);
}

/** Whether what there is agrees. */
function isPrefix(data: Bytes, whole: Bytes): bool {
  return data.slice(0, whole.length).equals(whole.slice(0, data.length));
}

function lengthOfV2(start: Bytes, size: i32): i32 {
  const command = start.at(12);
  // Version 2, and LOCAL or PROXY.
  if (command != 0x20 && command != 0x21) return NO_HEADER;
  const length = FIXED_V2 + <i32>start.readBE<u16>(14);
  const family = start.at(13);
  if (length > LONGEST_V2 || length < FIXED_V2 + (command == 0x21 ? addressesOf(family) : 0))
    return NO_HEADER;
  return size < length ? PARTIAL_HEADER : length;
}

/** Octets that the addresses of a family and a transport take; 0 for those that say nothing of addresses. */
function addressesOf(family: i32): i32 {
  if (family == 0x11 || family == 0x12) return OF_IPV4;
  if (family == 0x21 || family == 0x22) return OF_IPV6;
  return family == 0x31 || family == 0x32 ? OF_UNIX : 0;
}

function lengthOfV1(start: Bytes): i32 {
  const end = start.indexOf("\r\n");
  if (end < 0) return start.length < LONGEST_V1 ? PARTIAL_HEADER : NO_HEADER;
  const isKnown = start.startsWith("PROXY TCP4 ") || start.startsWith("PROXY TCP6 ");
  // What else an unknown one says is to be ignored.
  const isUnknown = start.startsWith("PROXY UNKNOWN ") || start.startsWith("PROXY UNKNOWN\r\n");
  if (!isUnknown && (!isKnown || sourceOfV1(start.slice(0, end + 2)) === null)) return NO_HEADER;
  return end + 2;
}

function sourceOfV1(header: Bytes): Bytes | null {
  const isV6 = header.startsWith("PROXY TCP6 ");
  if (!isV6 && !header.startsWith("PROXY TCP4 ")) return null;
  // Source, destination, and their ports, with one blank between them.
  const source = fieldOf(header, 2);
  const port = fieldOf(header, 4);
  if (!isAddress(source, isV6) || !isAddress(fieldOf(header, 3), isV6)) return null;
  if (port.toUint(65536) > 65535 || fieldOf(header, 5).toUint(65536) > 65535) return null;
  if (!fieldOf(header, 6).isEmpty) return null;
  return isV6 ? Bytes.of("[").concat(source).concat("]:").concat(port) : source.concat(":").concat(port);
}

/** The field of a line at an index; empty when there is none. */
function fieldOf(line: Bytes, index: i32): Bytes {
  let from = 0;
  for (let i = 0; i < index; i++) {
    const blank = line.indexOfByte(0x20, from);
    if (blank < 0) return Bytes.EMPTY;
    from = blank + 1;
  }
  const blank = line.indexOfByte(0x20, from);
  const end = blank >= 0 ? blank : line.indexOfByte(0x0d, from);
  return end >= 0 ? line.slice(from, end) : Bytes.EMPTY;
}

// @ts-ignore: decorator
@lazy
const parsed: IpAddress = new IpAddress();

function isAddress(text: Bytes, isV6: bool): bool {
  return parsed.parse(text) && parsed.port < 0 && parsed.version == (isV6 ? 6 : 4) && text.at(0) != 0x5b;
}

function sourceOfV2(header: Bytes): Bytes | null {
  if (header.at(12) != 0x21) return null;
  const addresses = addressesOf(header.at(13));
  if (addresses == OF_IPV4) {
    let text = "";
    for (let i = 0; i < 4; i++) text += (i > 0 ? "." : "") + header.at(FIXED_V2 + i).toString();
    return Bytes.fromString(`${text}:${header.readBE<u16>(FIXED_V2 + 8)}`);
  }
  if (addresses != OF_IPV6) return null;
  let text = "";
  for (let i = 0; i < 8; i++) {
    text += (i > 0 ? ":" : "") + (<u32>header.readBE<u16>(FIXED_V2 + 2 * i)).toString(16);
  }
  return Bytes.fromString(`[${text}]:${header.readBE<u16>(FIXED_V2 + 32)}`);
}
