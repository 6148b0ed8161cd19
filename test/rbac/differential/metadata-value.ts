/** What dynamic metadata can hold. */
export type Json = null | number | string | boolean | readonly Json[] | { readonly [key: string]: Json };

/** A google.protobuf.Value, as octets. */
export function encodeValue(value: Json): Buffer {
  if (value === null) return Buffer.from([0x08, 0]);
  if (typeof value === "number") {
    const octets = Buffer.alloc(9, 0x11);
    octets.writeDoubleLE(value, 1);
    return octets;
  }
  if (typeof value === "string") return field(0x1a, Buffer.from(value));
  if (typeof value === "boolean") return Buffer.from([0x20, value ? 1 : 0]);
  return isList(value)
    ? field(0x32, Buffer.concat(value.map((one) => field(0x0a, encodeValue(one)))))
    : field(0x2a, Buffer.concat(Object.entries(value).map(([key, one]) => field(0x0a, entry(key, one)))));
}

const isList = (value: readonly Json[] | object): value is readonly Json[] => Array.isArray(value);

function entry(key: string, value: Json): Buffer {
  return Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, encodeValue(value))]);
}

function field(tag: number, octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...varint(octets.length)]), octets]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
