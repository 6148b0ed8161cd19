import type { TcpConnection } from "../host/index.js";
import type { Case } from "./cases.js";
import { isSettled, mustLast, type ObservedConnection, type Seen } from "./connection-check.js";
import type { ExpectedConnection, Opening, Step } from "./connections.js";
import { letTimePass, type Running } from "./node-group.js";
import { octets, segments } from "./octets.js";
import { GREETING } from "./tcp-servers.js";

/** As long as the client of the Envoy subject waits; of the host's clock. */
const PATIENCE_MS = 5_000;
const LASTS_MS = 600;
const TURN_MS = 50;

/** Where `tcp_proxy` goes if nobody says anything else, and how filters say it. */
const CLUSTER = "envoy.tcp_proxy.cluster";

/** Opens one connection of a case, with the servers of the Envoy subject behind it, and says what came of it. */
export function converse(
  running: Running,
  one: Case,
  opening: Opening,
  expected: ExpectedConnection,
): ObservedConnection {
  const { source, destination } = opening.connection;
  const ends = { ...(source !== undefined && { source }), ...(destination !== undefined && { destination }) };
  const tcp = running.plugins[0].tcp(ends);
  const server = new Server(tcp, one);
  const seen = (): Seen => ({
    received: Buffer.from(tcp.clientBytes),
    ended: tcp.closedBy === null || tcp.closedBy === "client" ? null : "end",
  });
  server.serve();
  for (const step of opening.steps) {
    take(running, tcp, step, opening.token, () => server.serve());
    server.clientEnded ||= "end" in step;
    server.serve();
  }
  // Of HTTP nothing comes back here.
  const settled = (): boolean =>
    isSettled(expected, opening, seen()) || (server.cluster === "http" && tcp.upstreamBytes.length > 0);
  const until = (over: () => boolean, milliseconds: number): void => {
    for (let waited = 0; !over() && waited < milliseconds; waited += TURN_MS) {
      letTimePass(running, TURN_MS);
      server.serve();
    }
  };
  until(settled, PATIENCE_MS);
  if (mustLast(expected)) until(() => seen().ended !== null, LASTS_MS);
  const { cluster } = server;
  const labels = Object.entries(one.labels ?? {}).map(([name, key]) => [name, textOf(tcp.filterState(key))]);
  const { received, ended } = seen();
  const observed = {
    // What the connection manager makes of it is not known here.
    received: cluster === "http" ? undefined : received,
    ended,
    cluster,
    labels: Object.fromEntries(labels) as Record<string, string | null>,
    chain: undefined,
    upstream: upstreamOf(cluster, Buffer.from(tcp.upstreamBytes).includes(opening.token)),
  };
  if (tcp.closedBy === null) tcp.reset();
  return observed;
}

function upstreamOf(cluster: string | null, told: boolean): string | null | undefined {
  return cluster === "http" ? undefined : told ? cluster : null;
}

function take(running: Running, tcp: TcpConnection, step: Step, token: string, serve: () => void): void {
  if ("send" in step) {
    for (const segment of segments(octets(step.send, token), step.split)) {
      tcp.send(segment);
      serve();
    }
  } else if ("pause" in step) letTimePass(running, step.pause);
  else if ("end" in step) tcp.end();
  else if ("reset" in step) tcp.reset();
  // What comes, comes at once.
  else letTimePass(running, 0);
}

/** The server behind a connection. */
class Server {
  #through = false;
  #greeted = false;
  #answered = 0;
  #ended = false;
  /** Whether the client has ended its half. */
  clientEnded = false;

  constructor(
    private readonly tcp: TcpConnection,
    private readonly one: Case,
  ) {}

  /** Where the connection goes; null while the filter holds it, or when it was closed before. */
  get cluster(): string | null {
    const { tcp } = this;
    this.#through ||= tcp.upstreamBytes.length > 0 || (!tcp.held && tcp.closedBy === null);
    if (!this.#through) return null;
    const own = this.one.tcp?.["cluster"];
    return textOf(tcp.filterState(CLUSTER)) ?? (typeof own === "string" ? own : "tcp");
  }

  /** Greets, and sends back what has come since. */
  serve(): void {
    const { tcp, cluster } = this;
    if (cluster === null || tcp.closedBy !== null) return;
    if (cluster === "greeting" && !this.#greeted) {
      this.#greeted = true;
      tcp.respond(GREETING);
    }
    if (cluster !== "tcp" && cluster !== "greeting") return;
    const come = tcp.upstreamBytes.subarray(this.#answered);
    this.#answered += come.length;
    if (come.length > 0) tcp.respond(come);
    if (!this.clientEnded || tcp.held || this.#ended) return;
    this.#ended = true;
    tcp.endUpstream();
  }
}

function textOf(value: Uint8Array | undefined): string | null {
  return value === undefined ? null : Buffer.from(value).toString("latin1");
}
