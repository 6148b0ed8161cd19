import { once } from "node:events";
import net, { type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Ending, Seen } from "./connection-check.js";
import type { Opening, Step } from "./connections.js";
import { octets, segments } from "./octets.js";

const PATIENCE_MS = 5_000;
/** How long nothing must end a connection that is to stay open. */
const LASTS_MS = 600;
/** Between two segments, so that Envoy reads them one by one. */
const SEGMENT_MS = 3;

export interface DialogueOptions {
  readonly host: string;
  readonly port: number;
  /** Sent before everything else. */
  readonly preamble: Buffer;
  readonly undecided: boolean;
  /** Whether it must stay open. */
  readonly lasts: boolean;
  /** How long it may take to be what is expected of it; 5 s. */
  readonly patienceMs?: number | undefined;
  /** Whether there is nothing left to wait for. */
  readonly over: (seen: Seen) => boolean;
}

export interface Dialogue extends Seen {
  /** `address:port` of the client. */
  readonly from: string;
}

/** Opens a connection, takes the steps of a client, and waits for what comes of them; then it goes away. */
export async function converse(opening: Opening, options: DialogueOptions): Promise<Dialogue> {
  const socket = net.connect({ host: options.host, port: options.port, allowHalfOpen: true, noDelay: true });
  const client = new Client(socket);
  await Promise.race([once(socket, "connect"), client.gone]);
  const from = `${socket.localAddress}:${socket.localPort}`;
  if (options.preamble.length > 0) socket.write(options.preamble);
  for (const step of opening.steps) {
    if (client.ended !== null) break;
    await take(client, step, opening.token);
  }
  await client.until(() => options.over(client), options.patienceMs ?? PATIENCE_MS);
  if (options.lasts) await client.until(() => client.ended !== null, LASTS_MS);
  const seen = { received: client.received, ended: client.ended, from };
  // An end would be one more thing that is known about it.
  if (options.undecided) socket.resetAndDestroy();
  else socket.destroy();
  return seen;
}

async function take(client: Client, step: Step, token: string): Promise<void> {
  if ("send" in step) {
    for (const [index, segment] of segments(octets(step.send, token), step.split).entries()) {
      if (index > 0) await delay(SEGMENT_MS);
      if (client.ended !== null) return;
      client.socket.write(segment);
    }
  } else if ("pause" in step) await delay(step.pause);
  else if ("end" in step) client.socket.end();
  else if ("reset" in step) client.socket.resetAndDestroy();
  else await client.receive(octets(step.receive, token));
}

/** What has come so far. */
class Client implements Seen {
  received: Buffer = Buffer.alloc(0);
  ended: Ending = null;
  /** Resolves when the connection has ended. */
  readonly gone: Promise<void>;
  #awaited = 0;
  #changed: () => void = () => undefined;

  constructor(readonly socket: Socket) {
    const ends = (by: Ending) => {
      this.ended ??= by;
      this.#changed();
    };
    this.gone = new Promise((resolve) => socket.once("close", resolve).once("end", resolve));
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#changed();
    });
    socket.on("end", () => ends("end"));
    // A write to a connection that has been closed: the other side has broken it as well.
    socket.on("error", () => ends("reset"));
    socket.on("close", () => ends("end"));
  }

  async until(condition: () => boolean, milliseconds: number): Promise<void> {
    const late = AbortSignal.timeout(milliseconds);
    while (!condition() && !late.aborted) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
        late.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** Waits for octets behind those that were waited for before. */
  async receive(wanted: Buffer): Promise<void> {
    const end = this.#awaited + wanted.length;
    await this.until(() => this.received.length >= end || this.ended !== null, PATIENCE_MS);
    const got = this.received.subarray(this.#awaited, end);
    if (!got.equals(wanted)) {
      throw new Error(
        `waited for ${JSON.stringify(wanted.toString("latin1"))}, got ${JSON.stringify(got.toString("latin1"))}`,
      );
    }
    this.#awaited = end;
  }
}
