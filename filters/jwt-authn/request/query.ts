// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";

const QUESTION: i32 = 0x3f;
const AMPERSAND: i32 = 0x26;
const EQUALS: i32 = 0x3d;
const PERCENT: i32 = 0x25;

/**
 * Walks the parameters of a path, as they are: nothing is decoded before it is asked for. A fragment, which Envoy lets in
 * only when it is told to, is part of the query, as natively.
 */
@final
export class Query {
  private start: i32;
  /** The current parameter reaches from here … */
  from: i32 = 0;
  /** … up to here, without the `&`. */
  to: i32 = 0;

  constructor(private readonly path: Bytes) {
    const question = path.indexOfByte(QUESTION);
    this.start = question >= 0 ? question + 1 : path.length + 1;
  }

  /** Steps to the next parameter. */
  next(): bool {
    if (this.start > this.path.length) return false;
    const ampersand = this.path.indexOfByte(AMPERSAND, this.start);
    this.from = this.start;
    this.to = ampersand >= 0 ? ampersand : this.path.length;
    this.start = this.to + 1;
    return true;
  }

  /** Whether the current parameter is called so, once its name is decoded. */
  nameIs(name: Bytes): bool {
    const equals = this.equals;
    const raw = this.path.slice(this.from, equals >= 0 ? equals : this.to);
    return raw.equals(name) || (raw.indexOfByte(PERCENT) >= 0 && decodePercent(raw).equals(name));
  }

  /** The current parameter's value, decoded; empty when it has none. */
  get value(): Bytes {
    const equals = this.equals;
    if (equals < 0) return Bytes.EMPTY;
    const raw = this.path.slice(equals + 1, this.to);
    return raw.indexOfByte(PERCENT) >= 0 ? decodePercent(raw) : raw;
  }

  private get equals(): i32 {
    const equals = this.path.indexOfByte(EQUALS, this.from);
    return equals < this.to ? equals : -1;
  }
}

/**
 * The path without the parameters of a name: their octets are cut out and all others stay as they are. The native filter
 * decodes and sorts what remains, so that `q=a%26admin%3d1` becomes two parameters.
 */
export function cutParameter(path: Bytes, name: Bytes): Bytes {
  const query = new Query(path);
  const rest = new ByteWriter(path.length);
  let copied = 0;
  let first = -1;
  let kept = 0;
  while (query.next()) {
    if (first < 0) {
      first = query.from;
      rest.write(path.slice(0, first));
      copied = first;
    }
    if (query.nameIs(name)) continue;
    if (kept++ > 0) rest.writeByte(<u8>AMPERSAND);
    rest.write(path.slice(query.from, query.to));
  }
  if (first < 0) return path;
  // Nothing is left of the query: neither is its question mark.
  return kept > 0 ? rest.toBytes() : path.slice(0, copied - 1);
}

/** With each %XX replaced by its octet; what is no such triple stays (Envoy: Http::Utility::PercentEncoding::decode). */
export function decodePercent(text: Bytes): Bytes {
  const decoded = new ByteWriter(text.length);
  for (let i = 0; i < text.length; i++) {
    const octet = text.at(i);
    const high = octet == PERCENT ? hexDigit(text.at(i + 1)) : -1;
    const low = high >= 0 ? hexDigit(text.at(i + 2)) : -1;
    if (low >= 0) {
      decoded.writeByte(<u8>((high << 4) | low));
      i += 2;
    } else {
      decoded.writeByte(<u8>octet);
    }
  }
  return decoded.toBytes();
}

function hexDigit(octet: i32): i32 {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
