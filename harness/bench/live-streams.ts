import { once } from "node:events";
import http2, { type ClientHttp2Session } from "node:http2";
import { startEcho, type EchoServer } from "../upstream/index.js";

/** Longer than any run: the upstream answers a held request only when the run is over and it is closed. */
const FOREVER_MS = 12 * 60 * 60 * 1000;

/** Requests that stay open through an Envoy, since what a filter keeps per stream costs while the stream lives. */
export class LiveStreams {
  readonly #count: number;
  readonly #upstream: EchoServer;
  #client: ClientHttp2Session | undefined;

  private constructor(count: number, upstream: EchoServer) {
    this.#count = count;
    this.#upstream = upstream;
  }

  /** Starts the upstream that will hold the requests; the Envoy config needs its port. */
  static async prepare(count: number): Promise<LiveStreams> {
    return new LiveStreams(count, await startEcho({ recordLimit: 1 }));
  }

  get upstreamPort(): number {
    return this.#upstream.port;
  }

  /** Sends the requests to `/hold` and resolves when all of them have reached the upstream. */
  async open(address: { host: string; port: number }): Promise<void> {
    const client = http2.connect(`http://${address.host}:${address.port}`);
    this.#client = client;
    await once(client, "connect");
    for (let i = 0; i < this.#count; i++) {
      const stream = client.request({
        ":path": "/hold",
        "x-name": "ada",
        "x-echo-delay-ms": String(FOREVER_MS),
      });
      // Closing breaks all of them, on purpose.
      stream.on("error", () => undefined);
    }
    client.on("error", () => undefined);
    const all = (): boolean => this.#upstream.total >= this.#count;
    await this.#upstream.waitFor(all, `${this.#count} requests at once`, 30_000);
  }

  async close(): Promise<void> {
    this.#client?.destroy();
    await this.#upstream.close();
  }
}
