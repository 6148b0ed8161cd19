import { concat, toText } from "./octets.js";

/** The fields of a message by number: varints and fixed ones as bigint, the others as bytes; repeated ones in order. */
export type Message = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

/** Reads a message; null when it is none. */
export function readMessage(bytes: Uint8Array): Message | null {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const octet = bytes[at++];
      if (octet === undefined) return null;
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) return BigInt.asUintN(64, value);
    }
    return null;
  };
  const value = (wireType: number): bigint | Uint8Array | null => {
    if (wireType === 0) return varint();
    const size = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? Number(varint() ?? -1n) : -1;
    if (size < 0 || at + size > bytes.length) return null;
    at += size;
    if (wireType === 1) return view.getBigUint64(at - 8, true);
    return wireType === 5 ? BigInt(view.getUint32(at - 4, true)) : bytes.subarray(at - size, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === null) return null;
    const number = Number(tag >> 3n);
    const read = value(Number(tag & 7n));
    if (number === 0 || read === null) return null;
    const list = fields.get(number) ?? [];
    list.push(read);
    fields.set(number, list);
  }
  return fields;
}

/** A string field's last value; undefined when it is absent or of another type. */
export function textField(message: Message, number: number): string | undefined {
  const value = message.get(number)?.at(-1);
  return value instanceof Uint8Array ? toText(value) : undefined;
}

export function bytesField(message: Message, number: number): Uint8Array | undefined {
  const value = message.get(number)?.at(-1);
  return value instanceof Uint8Array ? value : undefined;
}

export function boolField(message: Message, number: number): boolean {
  return message.get(number)?.at(-1) === 1n;
}

/** A field of octets or text, for a message that is written. */
export function lengthDelimited(number: number, value: Uint8Array): Uint8Array {
  const head = [(number << 3) | 2];
  let length = value.length;
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  return concat([new Uint8Array([...head, length]), value]);
}
