import { Status } from "./enums.js";
import { concat } from "./octets.js";

/** What `proxy_get_buffer_bytes` and its siblings act on. */
export interface HostBuffer {
  readonly size: number;
  bytes(): Uint8Array;
  /** Replaces `length` octets from `start` on. */
  write(start: number, length: number, data: Uint8Array): Status;
}

/** Configuration, the body of a callout's response: to be read only. */
export class ConstBuffer implements HostBuffer {
  constructor(private readonly content: Uint8Array = new Uint8Array(0)) {}

  get size(): number {
    return this.content.length;
  }

  bytes(): Uint8Array {
    return this.content;
  }

  write(): Status {
    return Status.BadArgument;
  }
}

/** A body that is not there: Envoy reads it as empty and refuses to change it. */
export const NO_BODY: HostBuffer = new ConstBuffer();

/** A body that passes, or is held. */
export class Body implements HostBuffer {
  #parts: Uint8Array[];

  constructor(content?: Uint8Array) {
    this.#parts = content === undefined || content.length === 0 ? [] : [content];
  }

  get size(): number {
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  bytes(): Uint8Array {
    if (this.#parts.length !== 1) this.#parts = [concat(this.#parts)];
    return this.#parts[0]!;
  }

  /** Envoy can replace a beginning of any length, none and all included, and append; nothing else. */
  write(start: number, length: number, data: Uint8Array): Status {
    const { size } = this;
    if (start === 0)
      this.#parts = length >= size && size > 0 ? [data] : [data, this.bytes().subarray(length)];
    else if (start >= size) this.#parts.push(data);
    else return Status.BadArgument;
    return Status.Ok;
  }

  /** Takes over all that another one has. */
  move(other: Body): void {
    this.#parts.push(...other.#parts);
    other.#parts = [];
  }

  /** Gives away all that it has. */
  drain(): Uint8Array {
    const bytes = this.bytes();
    this.#parts = [];
    return bytes;
  }
}
