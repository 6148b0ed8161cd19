import { toLatin1 } from "./octets.js";

/**
 * The module's linear memory. Every access is checked against its size, which may have grown since the last one; a
 * module that gives an address outside of it gets a status and breaks nothing.
 */
export class Memory {
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  constructor(private readonly memory: WebAssembly.Memory) {}

  /** Bytes that the module has; it never gives any back. */
  get sizeBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Whether all of it is inside; both numbers as WebAssembly has them, signed. */
  has(pointer: number, size: number): boolean {
    this.#refresh();
    return (pointer >>> 0) + (size >>> 0) <= this.#bytes.length;
  }

  /** A window into the memory, valid until the module runs again; null when it reaches outside. */
  window(pointer: number, size: number): Uint8Array | null {
    const from = pointer >>> 0;
    return this.has(pointer, size) ? this.#bytes.subarray(from, from + (size >>> 0)) : null;
  }

  copy(pointer: number, size: number): Uint8Array | null {
    const from = pointer >>> 0;
    return this.has(pointer, size) ? this.#bytes.slice(from, from + (size >>> 0)) : null;
  }

  latin1(pointer: number, size: number): string | null {
    const from = pointer >>> 0;
    return this.has(pointer, size) ? toLatin1(this.#bytes, from, from + (size >>> 0)) : null;
  }

  getU32(pointer: number): number | null {
    return this.has(pointer, 4) ? this.#view.getUint32(pointer >>> 0, true) : null;
  }

  setU32(pointer: number, value: number): boolean {
    if (!this.has(pointer, 4)) return false;
    this.#view.setUint32(pointer >>> 0, value, true);
    return true;
  }

  setU64(pointer: number, value: bigint): boolean {
    if (!this.has(pointer, 8)) return false;
    this.#view.setBigUint64(pointer >>> 0, BigInt.asUintN(64, value), true);
    return true;
  }

  /** Octets, or text of one octet a character. */
  set(pointer: number, value: Uint8Array | string): boolean {
    if (!this.has(pointer, value.length)) return false;
    const from = pointer >>> 0;
    if (typeof value !== "string") this.#bytes.set(value, from);
    else for (let i = 0; i < value.length; i++) this.#bytes[from + i] = value.charCodeAt(i);
    return true;
  }

  /** Growing replaces the buffer and empties the old one. */
  #refresh(): void {
    const { buffer } = this.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}
