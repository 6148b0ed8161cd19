import type { ExpectedConnection, Opening } from "./connections.js";
import { expectedOctets, isMarked } from "./connections.js";

/** How a connection has ended from the client's point of view. */
export type Ending = "end" | "reset" | null;

/** What came of one connection. */
export interface ObservedConnection {
  /** All that the client got; undefined: nobody knows. */
  readonly received: Buffer | undefined;
  /** How the other side has ended it; null while it is open. */
  readonly ended: Ending;
  /** Where it was sent; null: nowhere, undefined: nobody knows. */
  readonly cluster: string | null | undefined;
  /** The file's labels; undefined: nobody knows. */
  readonly labels: Readonly<Record<string, string | null>> | undefined;
  /** The native filter chain. */
  readonly chain: string | undefined;
  /** Which server has got what was marked. */
  readonly upstream: string | null | undefined;
}

/** What can be told while the connection lasts. */
export interface Seen {
  readonly received: Buffer;
  readonly ended: Ending;
}

/** Whether all has come that can be expected, so that there is nothing to wait for. */
export function isSettled(expected: ExpectedConnection, opening: Opening, seen: Seen): boolean {
  const { received, ended } = seen;
  // Nothing comes behind it.
  if (ended !== null) return true;
  if (endsBy(expected)) return false;
  const octets = expectedOctets(opening, expected);
  if (octets !== undefined) return received.length >= octets.length;
  if (expected.matches !== undefined)
    return new RegExp(expected.matches, "s").test(received.toString("latin1"));
  return expected.cluster === undefined || received.length > 0;
}

/** Whether one has to see for a while, once it is settled, that nothing ends it. */
export function mustLast({ undecided, closed }: ExpectedConnection): boolean {
  return undecided === true || closed === false;
}

/** Every way in which an observation is not what was expected, in words; none when it is. */
export function connectionDifferences(
  expected: ExpectedConnection,
  opening: Opening,
  observed: ObservedConnection,
): string[] {
  const { received, ended, cluster, labels, chain, upstream } = observed;
  const found: string[] = [];
  const compare = (what: string, wanted: unknown, got: unknown): void => {
    if (wanted !== got) found.push(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  };
  if (expected.undecided) {
    if (received) compare("received while nothing is decided", "", shown(received));
    compare("ended while nothing is decided", null, ended);
    return found;
  }
  if (expected.cluster !== undefined && cluster !== undefined) compare("cluster", expected.cluster, cluster);
  if (received !== undefined) found.push(...wrongOctets(expected, opening, received));
  if (expected.closed === false) compare("closed", null, ended);
  else if (endsBy(expected) && ended === null) found.push("it was not closed");
  if (typeof expected.closed === "string") compare("closed by", expected.closed, ended);
  if (chain !== undefined && expected.chain !== undefined) compare("chain", expected.chain, chain);
  for (const [name, value] of Object.entries(labels === undefined ? {} : expected.labels)) {
    compare(`label ${name}`, value, labels?.[name] ?? null);
  }
  if (expected.upstream !== undefined) {
    if (!isMarked(opening)) found.push("upstream: nothing to look for, no ${connection} is sent");
    else if (upstream !== undefined) compare("upstream", expected.upstream, upstream);
  }
  return found;
}

function wrongOctets(expected: ExpectedConnection, opening: Opening, received: Buffer): string[] {
  const got = JSON.stringify(shown(received));
  const octets = expected.cluster === null ? Buffer.alloc(0) : expectedOctets(opening, expected);
  if (octets !== undefined && !octets.equals(received)) {
    return [`received: expected ${JSON.stringify(shown(octets))}, got ${got}`];
  }
  const { matches } = expected;
  if (matches === undefined || new RegExp(matches, "s").test(received.toString("latin1"))) return [];
  return [`received: expected what matches ${matches}, got ${got}`];
}

/** What is sent nowhere must end. */
function endsBy({ closed, cluster, undecided }: ExpectedConnection): boolean {
  return closed === undefined ? cluster === null && !undecided : closed !== false;
}

const SHOWN = 120;

/** Octets for people: long ones by their beginning and their length. */
function shown(bytes: Buffer): string {
  const text = bytes.toString("latin1");
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length} octets)`;
}
