import net from "node:net";
import type { AccessRecord } from "../upstream/access-log.js";
import { connectionDifferences, isSettled, mustLast, type ObservedConnection } from "./connection-check.js";
import { converse } from "./connection-client.js";
import type { ExpectedConnection, Opening } from "./connections.js";
import { httpCluster } from "./envoy-network.js";
import type { Servers } from "./envoy-servers.js";
import type { Site } from "./envoy-site.js";
import type { SubjectName } from "./subject.js";

/** How long an access log may take after its connection. */
const SETTLE_MS = 2_000;

/** How many connections are open at once. */
const AT_ONCE = 40;

/** Where connections are opened. */
export interface ConnectionTarget {
  readonly site: Site;
  readonly servers: Servers;
  readonly address: { readonly host: string; readonly port: number };
  readonly patienceMs: number | undefined;
  readonly subject: SubjectName;
}

/** A connection of a case: what was expected of it, what came of it, and how they differ. */
export interface ConnectionExchange {
  readonly expected: ExpectedConnection;
  /** undefined: nothing that can be told. */
  readonly observed: ObservedConnection | undefined;
  readonly wrong: readonly string[];
}

/** Opens all connections of a case, many at once. */
export async function converseAll(
  target: ConnectionTarget,
  openings: readonly Opening[],
): Promise<ConnectionExchange[]> {
  const { echo, tcp, greeting } = target.servers;
  for (const server of [echo, tcp, greeting]) server.clear();
  const results: ConnectionExchange[] = [];
  const queue = [...openings.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, opening] = next;
      results[index] = await exchange(target, opening);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

async function exchange(target: ConnectionTarget, opening: Opening): Promise<ConnectionExchange> {
  const isNative = target.subject === "native";
  const { expect, native } = opening.connection;
  const expected = (isNative ? native : undefined) ?? expect;
  try {
    const all = await open(target, opening, expected);
    const observed = isNative ? { ...all, labels: undefined } : { ...all, chain: undefined };
    return { expected, observed, wrong: connectionDifferences(expected, opening, observed) };
  } catch (error) {
    return { expected, observed: undefined, wrong: [(error as Error).message] };
  }
}

async function open(
  { site, servers, address, patienceMs }: ConnectionTarget,
  opening: Opening,
  expected: ExpectedConnection,
): Promise<ObservedConnection> {
  const { name, listener } = site;
  const seen = await converse(opening, {
    ...address,
    patienceMs,
    preamble: listener.network?.proxied === true ? proxyHeader(opening) : Buffer.alloc(0),
    undecided: expected.undecided === true,
    lasts: mustLast(expected),
    over: (so_far) => isSettled(expected, opening, so_far),
  });
  // Its record would tell what became of it when the client went away.
  if (expected.undecided) return { ...seen, ...UNKNOWN };
  const own = (record: AccessRecord): boolean => record["from"] === seen.from;
  const record = await servers.accessLog.waitFor(name, (all) => all.find(own), SETTLE_MS);
  if (record === undefined) throw new Error("Envoy has logged no such connection");
  const cluster = absent(record["cluster"]);
  const labels = Object.keys(listener.network?.labels ?? {});
  return {
    ...seen,
    cluster: cluster === httpCluster(name) ? "http" : cluster,
    chain: record["chain"],
    labels: Object.fromEntries(labels.map((label) => [label, absent(record[`label.${label}`])])),
    upstream: serverOf(servers, opening.token),
  };
}

/** What only the record of a connection tells. */
const UNKNOWN = { cluster: undefined, chain: undefined, labels: undefined, upstream: undefined };

function serverOf({ echo, tcp, greeting }: Servers, token: string): string | null {
  if (tcp.hasReceived(token)) return "tcp";
  if (greeting.hasReceived(token)) return "greeting";
  const told = echo.requests().some((request) => JSON.stringify(request).includes(token));
  return told ? "http" : null;
}

function absent(value: string | undefined): string | null {
  return value === undefined || value === "-" ? null : value;
}

/** Where the in-process host has connections come from and go to as well. */
const [SOURCE, DESTINATION] = ["127.0.0.1:40000", "127.0.0.1:10000"];

/** The header of version 1 of the PROXY protocol. */
function proxyHeader({ connection }: Opening): Buffer {
  const ends = [connection.source ?? SOURCE, connection.destination ?? DESTINATION].map((text) => {
    const colon = text.lastIndexOf(":");
    return [text.slice(0, colon).replace(/^\[|\]$/g, ""), text.slice(colon + 1)] as const;
  });
  const family = ends.every(([host]) => net.isIPv4(host)) ? "TCP4" : "TCP6";
  const fields = [family, ...ends.map(([host]) => host), ...ends.map(([, port]) => port)];
  return Buffer.from(`PROXY ${fields.join(" ")}\r\n`);
}
