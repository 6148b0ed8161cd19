// RFC 1950 and 1951, for the foreign functions `compress` and `uncompress`: browsers have no synchronous zlib.

const MAX_STORED = 0xffff;
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

/** A valid stream that any zlib reads. It is not made smaller: Envoy's octets differ, what they stand for does not. */
export function compress(data: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(data.length / MAX_STORED));
  const out = new Uint8Array(2 + blocks * 5 + data.length + 4);
  out.set([0x78, 0x01]);
  let at = 2;
  for (let i = 0; i < blocks; i++) {
    const part = data.subarray(i * MAX_STORED, (i + 1) * MAX_STORED);
    const size = part.length;
    out.set([i === blocks - 1 ? 1 : 0, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255], at);
    out.set(part, at + 5);
    at += 5 + size;
  }
  new DataView(out.buffer).setUint32(at, adler32(data));
  return out;
}

/** Null for what is no zlib stream. */
export function uncompress(data: Uint8Array): Uint8Array | null {
  const header = (data[0] ?? 0) * 256 + (data[1] ?? 0);
  if (data.length < 6 || (data[0]! & 15) !== 8 || header % 31 !== 0 || (data[1]! & 32) !== 0) return null;
  try {
    const { bytes, end } = inflate(data, 2);
    const sum = new DataView(data.buffer, data.byteOffset, data.length).getUint32(end);
    return sum === adler32(bytes) ? bytes : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

class Bits {
  #bit = 0;

  constructor(
    private readonly data: Uint8Array,
    private at: number,
  ) {}

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      const octet = this.data[this.at];
      if (octet === undefined) throw new RangeError("the stream ends too early");
      value |= ((octet >> this.#bit) & 1) << i;
      if (++this.#bit === 8) {
        this.#bit = 0;
        this.at += 1;
      }
    }
    return value;
  }

  /** Whole octets, from the next boundary on. */
  octets(count: number): Uint8Array {
    if (this.at + count > this.data.length) throw new RangeError("the stream ends too early");
    this.at += count;
    return this.data.subarray(this.at - count, this.at);
  }

  align(): number {
    if (this.#bit > 0) this.at += 1;
    this.#bit = 0;
    return this.at;
  }
}

/** Canonical Huffman codes: how many there are of each length, and their symbols in order. */
class Huffman {
  readonly #counts = new Array<number>(16).fill(0);
  readonly #symbols: number[] = [];

  constructor(lengths: readonly number[]) {
    for (const length of lengths) this.#counts[length]! += length > 0 ? 1 : 0;
    for (let length = 1; length < 16; length++) {
      lengths.forEach((other, symbol) => other === length && this.#symbols.push(symbol));
    }
  }

  read(bits: Bits): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length++) {
      code |= bits.read(1);
      const count = this.#counts[length]!;
      if (code - first < count) return this.#symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new RangeError("no such code");
  }
}

const FIXED_LENGTHS = new Huffman(
  Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = new Huffman(new Array<number>(30).fill(5));

function inflate(data: Uint8Array, start: number): { bytes: Uint8Array; end: number } {
  const bits = new Bits(data, start);
  const out: number[] = [];
  let last = false;
  while (!last) {
    last = bits.read(1) === 1;
    const type = bits.read(2);
    if (type === 0) stored(bits, out);
    else if (type === 1) codes(bits, out, FIXED_LENGTHS, FIXED_DISTANCES);
    else if (type === 2) codes(bits, out, ...dynamicCodes(bits));
    else throw new RangeError("no such block");
  }
  return { bytes: Uint8Array.from(out), end: bits.align() };
}

function stored(bits: Bits, out: number[]): void {
  bits.align();
  const [low, high, notLow, notHigh] = bits.octets(4) as unknown as [number, number, number, number];
  if ((low ^ notLow) !== 255 || (high ^ notHigh) !== 255) throw new RangeError("a length does not check");
  for (const octet of bits.octets(low + high * 256)) out.push(octet);
}

function codes(bits: Bits, out: number[], lengths: Huffman, distances: Huffman): void {
  for (let symbol = lengths.read(bits); symbol !== 256; symbol = lengths.read(bits)) {
    if (symbol < 256) {
      out.push(symbol);
      continue;
    }
    const length = (LENGTH_BASE[symbol - 257] ?? NaN) + bits.read(LENGTH_EXTRA[symbol - 257] ?? 0);
    const which = distances.read(bits);
    const distance = (DISTANCE_BASE[which] ?? NaN) + bits.read(DISTANCE_EXTRA[which] ?? 0);
    if (!(length <= 258 && distance <= out.length)) throw new RangeError("a copy from before the start");
    for (let i = 0; i < length; i++) out.push(out[out.length - distance]!);
  }
}

function dynamicCodes(bits: Bits): [Huffman, Huffman] {
  const [literals, distances, lengthCodes] = [bits.read(5) + 257, bits.read(5) + 1, bits.read(4) + 4];
  const order = new Array<number>(19).fill(0);
  for (let i = 0; i < lengthCodes; i++) order[CODE_LENGTH_ORDER[i]!] = bits.read(3);
  const code = new Huffman(order);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = code.read(bits);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) repeat(lengths, lengths.at(-1) ?? 0, 3 + bits.read(2));
    else repeat(lengths, 0, symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7));
  }
  return [
    new Huffman(lengths.slice(0, literals)),
    new Huffman(lengths.slice(literals, literals + distances)),
  ];
}

function repeat(list: number[], value: number, times: number): void {
  for (let i = 0; i < times; i++) list.push(value);
}

function adler32(data: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const octet of data) {
    a = (a + octet) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}
