import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { HarnessError } from "../errors.js";
import type { HeaderPair } from "./echo-plan.js";

/** What the server received of one request: also the JSON body of its answer. */
export interface EchoRequest {
  readonly method: string;
  /** Exactly as in the request line or `:path`. */
  readonly path: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
  /** In order and with duplicates; HTTP/1 names keep their case, HTTP/2 lists the pseudo headers too. */
  readonly headers: readonly HeaderPair[];
  readonly body: {
    readonly length: number;
    /** Hex, of all bytes received so far. */
    readonly sha256: string;
    /** Null above the server's `bodyLimit`. */
    readonly base64: string | null;
  };
  readonly trailers: readonly HeaderPair[];
  /** False while the request is still coming in, and for ever when it broke off. */
  readonly complete: boolean;
}

/** One request while it comes in. The body goes through a hash, and is kept only as far as `bodyLimit`. */
export class Recording {
  readonly #hash = createHash("sha256");
  readonly #bodyLimit: number;
  readonly #head: Pick<EchoRequest, "method" | "path" | "protocol" | "headers">;
  #kept: Buffer[] = [];
  #length = 0;
  #trailers: readonly HeaderPair[] = [];
  #complete = false;

  constructor(head: Pick<EchoRequest, "method" | "path" | "protocol" | "headers">, bodyLimit: number) {
    this.#head = head;
    this.#bodyLimit = bodyLimit;
  }

  data(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#length += chunk.length;
    if (this.#length > this.#bodyLimit) this.#kept = [];
    else this.#kept.push(chunk);
  }

  end(trailers: readonly HeaderPair[]): void {
    this.#trailers = trailers;
    this.#complete = true;
  }

  snapshot(): EchoRequest {
    return {
      ...this.#head,
      body: {
        length: this.#length,
        sha256: this.#hash.copy().digest("hex"),
        base64: this.#length > this.#bodyLimit ? null : Buffer.concat(this.#kept).toString("base64"),
      },
      trailers: this.#trailers,
      complete: this.#complete,
    };
  }
}

/** The requests that a server received, newest last; the oldest go when there are more than `limit`. */
export class RequestLog {
  readonly #changed = new EventEmitter().setMaxListeners(0);
  readonly #limit: number;
  #recordings: Recording[] = [];
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All requests ever received, those that were dropped or cleared included. */
  get total(): number {
    return this.#total;
  }

  add(recording: Recording): void {
    this.#recordings.push(recording);
    // Cut in halves: dropping one per request would move the whole array each time.
    if (this.#recordings.length >= 2 * this.#limit) this.#recordings = this.#recordings.slice(-this.#limit);
    this.#total += 1;
    this.changed();
  }

  changed(): void {
    this.#changed.emit("changed");
  }

  clear(): void {
    this.#recordings = [];
  }

  all(): EchoRequest[] {
    return this.#recordings.slice(-this.#limit).map((recording) => recording.snapshot());
  }

  /** Waits until a request matches; fails with `what` and what did come. */
  async waitFor(
    matches: (request: EchoRequest) => boolean,
    what: string,
    timeoutMs: number,
  ): Promise<EchoRequest> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.all().find(matches);
      if (found) return found;
      try {
        await once(this.#changed, "changed", { signal: deadline });
      } catch (cause) {
        const seen = this.all().map((request) => `${request.method} ${request.path}`);
        const list = seen.slice(-10).join(", ") || "none";
        throw new HarnessError("UPSTREAM_WAIT", `the upstream never received ${what}; it received: ${list}`, {
          cause,
        });
      }
    }
  }
}
