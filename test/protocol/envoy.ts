import net from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { compile } from "../../harness/build/compile.js";
import { loadConfig, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { freePorts } from "../../harness/free-ports.js";
import { ROOT } from "../host/support.js";

/** An Envoy with a configuration that is shipped. */
export interface Example {
  readonly envoy: RunningEnvoy;
  /** The port that stands for one of the configuration's. */
  port(ofFile: number): number;
}

/** Starts a configuration of `envoy-configs`, with free ports in place of its own, of which all begin with 100. */
export async function startExample(name: string): Promise<Example> {
  await compile({
    entry: join(ROOT, "filters/protocol-detection/index.ts"),
    outFile: join(ROOT, "build/protocol-detection.wasm"),
  });
  const text = await loadConfig(join(ROOT, "envoy-configs", `${name}.yaml`));
  const numbers = [...new Set(text.match(/\b100\d\d\b/g))];
  const free = await freePorts(numbers.length + 1);
  const ports = new Map(numbers.map((number, i) => [number, free[i]!]));
  const config = text
    .replace(/\b100\d\d\b/g, (number) => String(ports.get(number)))
    .replace(/\b9901\b/g, String(free.at(-1)))
    // Nobody wants to wait as long; those that are in time need some on a slow machine, too.
    .replaceAll('"deadline": "5s"', '"deadline": "2s"');
  const envoy = await startEnvoy({ config, cwd: ROOT });
  return { envoy, port: (ofFile) => ports.get(String(ofFile))! };
}

/** A client on a socket. */
export class Client {
  #received = Buffer.alloc(0);
  #isClosed = false;

  private constructor(readonly socket: net.Socket) {
    socket.setNoDelay(true);
    socket.on("data", (chunk) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.#isClosed = true));
  }

  static async connect(port: number): Promise<Client> {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return new Client(socket);
  }

  get received(): string {
    return this.#received.toString("latin1");
  }

  /** Sends octets, or text of one octet a character. */
  send(octets: string | Buffer): this {
    this.socket.write(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
    return this;
  }

  /** Ends the client's half. */
  end(): this {
    this.socket.end();
    return this;
  }

  /** Waits until the text has come. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      if (this.#isClosed) throw new Error(`closed after ${JSON.stringify(this.received)}`);
      await this.#something();
    }
    return this.received;
  }

  /** All that has come, once Envoy has ended the connection. */
  async ended(): Promise<string> {
    while (!this.#isClosed && !this.socket.readableEnded) await this.#something();
    this.socket.destroy();
    return this.received;
  }

  /** Something has happened; an error is followed by the close. */
  #something(): Promise<unknown> {
    return new Promise((resolve) => {
      for (const event of ["data", "end", "close"]) this.socket.once(event, resolve);
    });
  }
}
