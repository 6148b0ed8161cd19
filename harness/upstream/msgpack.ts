/** What a MessagePack value becomes here; extension types are octets. */
export type Packed = null | boolean | number | bigint | string | Buffer | Packed[] | Map<Packed, Packed>;

/** More than this has come in than values that are whole. */
class Incomplete extends Error {}

/** Reads MessagePack values from octets that come in pieces (https://github.com/msgpack/msgpack/blob/master/spec.md). */
export class Unpacker {
  #octets: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @returns the values that are whole now */
  push(chunk: Buffer): Packed[] {
    this.#octets = Buffer.concat([this.#octets, chunk]);
    const values: Packed[] = [];
    for (;;) {
      this.#at = 0;
      try {
        values.push(this.#value());
      } catch (error) {
        if (error instanceof Incomplete) return values;
        throw error;
      }
      this.#octets = this.#octets.subarray(this.#at);
    }
  }

  #value(): Packed {
    const head = this.#uint(1);
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f);
    if (head < 0xa0) return this.#list(head & 0x0f);
    if (head < 0xc0) return this.#take(head & 0x1f).toString();
    if (head >= 0xe0) return head - 0x100;
    return this.#sized(head);
  }

  #sized(head: number): Packed {
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return head === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#uint(1 << (head - 0xc4)));
      case 0xca:
        return this.#take(4).readFloatBE();
      case 0xcb:
        return this.#take(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (head - 0xcc));
      case 0xcf:
        return this.#take(8).readBigUInt64BE();
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 1 << (head - 0xd0);
        return this.#take(size).readIntBE(0, size);
      }
      case 0xd3:
        return this.#take(8).readBigInt64BE();
      // Extensions of fixed size have one octet of type in front.
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#take(1 + (1 << (head - 0xd4)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#take(this.#uint(1 << (head - 0xd9))).toString();
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(2 << (head - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(2 << (head - 0xde)));
      default:
        throw new Error(`MessagePack: 0x${head.toString(16)} is no type that is read here`);
    }
  }

  #list(size: number): Packed[] {
    const values: Packed[] = [];
    while (values.length < size) values.push(this.#value());
    return values;
  }

  #map(size: number): Map<Packed, Packed> {
    const map = new Map<Packed, Packed>();
    for (let i = 0; i < size; i++) map.set(this.#value(), this.#value());
    return map;
  }

  #uint(size: number): number {
    return this.#take(size).readUIntBE(0, size);
  }

  #take(size: number): Buffer {
    if (this.#at + size > this.#octets.length) throw new Incomplete();
    this.#at += size;
    return this.#octets.subarray(this.#at - size, this.#at);
  }
}
