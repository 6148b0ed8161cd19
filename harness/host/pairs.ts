import { HeaderMap } from "./header-map.js";
import { fromLatin1, toLatin1 } from "./octets.js";

// u32 count · count x (u32 name length, u32 value length) · count x (name, 0x00, value, 0x00); little-endian.
// proxy-wasm-cpp-host src/pairs_util.cc, limits.h.
export const MAX_PAIRS = 1024;
export const MAX_PAIRS_BYTES = 1024 * 1024;

type Pair = readonly [name: string, value: string];

export function encodePairs(pairs: readonly Pair[]): Uint8Array {
  let size = 4;
  for (const [name, value] of pairs) size += 8 + name.length + value.length + 2;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, pairs.length, true);
  let lengths = 4;
  let at = 4 + pairs.length * 8;
  for (const [name, value] of pairs) {
    view.setUint32(lengths, name.length, true);
    view.setUint32(lengths + 4, value.length, true);
    lengths += 8;
    bytes.set(fromLatin1(name), at);
    at += name.length + 1;
    bytes.set(fromLatin1(value), at);
    at += value.length + 1;
  }
  return bytes;
}

/** A list that is over the limits or malformed in any way is an empty one, as in Envoy. */
export function decodePairs(bytes: Uint8Array): Pair[] {
  if (bytes.length > MAX_PAIRS_BYTES || bytes.length < 4) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(0, true);
  if (count > MAX_PAIRS || 4 + count * 8 > bytes.length) return [];
  const pairs: Pair[] = [];
  let at = 4 + count * 8;
  const field = (lengthAt: number): string | undefined => {
    const end = at + view.getUint32(lengthAt, true);
    if (end + 1 > bytes.length || bytes[end] !== 0) return undefined;
    const text = toLatin1(bytes.subarray(at, end));
    at = end + 1;
    return text;
  };
  for (let i = 0; i < count; i++) {
    const name = field(4 + i * 8);
    const value = name === undefined ? undefined : field(8 + i * 8);
    if (name === undefined || value === undefined) return [];
    pairs.push([name, value]);
  }
  return at === bytes.length ? pairs : [];
}

/** The pairs as Envoy builds a header map of them. */
export function mapOfPairs(pairs: readonly Pair[], kind: HeaderMap["kind"]): HeaderMap {
  const map = new HeaderMap(kind);
  for (const [name, value] of pairs) map.add(name, value);
  return map;
}
