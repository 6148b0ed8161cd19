import type { HeaderMap } from "../header-map.js";
import { concat, toText } from "../octets.js";

/** One direction of a stream as it came out behind the filter. */
export class Message {
  trailers: HeaderMap | null = null;
  /** Nothing follows. */
  complete = false;
  /** The body in the pieces in which it came. */
  readonly chunks: Uint8Array[] = [];

  constructor(readonly headers: HeaderMap) {}

  get body(): Uint8Array {
    return this.chunks.length === 0 ? new Uint8Array(0) : concat(this.chunks);
  }

  /** The body as text. */
  get text(): string {
    return toText(this.body);
  }

  /** The body as JSON. */
  json(): unknown {
    return JSON.parse(this.text);
  }

  /** Of a response; 0 of a request. */
  get status(): number {
    return Number(this.headers.get(":status") ?? 0);
  }
}
