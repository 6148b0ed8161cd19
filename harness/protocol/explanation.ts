/** What happened at one octet. */
export interface ExplainedOctet {
  /** Octets so far; 1 is the first. */
  readonly at: number;
  /** The octet's value; null where it is the end of the stream that tells. */
  readonly octet: number | null;
  /** Protocols with a probe that died of it, and why. */
  readonly died: readonly Death[];
  /** Protocols with a probe that was alive behind it. */
  readonly alive: readonly string[];
}

export interface Death {
  readonly protocol: string;
  readonly why: string;
}

export interface Explanation {
  /** Octets that were given. */
  readonly octets: number;
  /** Protocols that were looked for. */
  readonly protocols: readonly string[];
  /** The octets at which a protocol was ruled out, and the one that decided or came last. */
  readonly steps: readonly ExplainedOctet[];
  /** Null while nothing is decided. */
  readonly verdict: Verdict | null;
}

export interface Verdict {
  readonly protocol: string;
  readonly reason: string;
  /** Octets that decided. */
  readonly at: number;
  readonly serverName: string | null;
  readonly alpn: readonly string[];
}

interface Line {
  readonly kind: string;
  readonly fields: readonly string[];
}

/** Reads what `filters/protocol-detection/explain` has logged. */
export function readExplanation(octets: Uint8Array, log: readonly string[]): Explanation {
  const lines = log.map((text): Line => {
    const [kind = "", ...fields] = text.split("\t");
    return { kind, fields };
  });
  const probes = lines.find(({ kind }) => kind === "probes")?.fields ?? [];
  const verdict = readVerdict(lines.find(({ kind }) => kind === "verdict"));
  const deaths = lines
    .filter(({ kind }) => kind === "died")
    .map(({ fields: [at, probe, why] }) => ({ at: Number(at), probe: Number(probe), why: why ?? "" }));
  const last = verdict?.at ?? octets.length;
  const places = [...new Set([...deaths.map(({ at }) => at), last])].filter((at) => at <= last);
  const steps = places
    .sort((a, b) => a - b)
    .map((at): ExplainedOctet => {
      const gone = new Set(deaths.filter((death) => death.at <= at).map(({ probe }) => probe));
      const alive = names(probes.filter((_, probe) => !gone.has(probe)));
      const here = deaths.filter((death) => death.at === at);
      return { at, octet: octets[at - 1] ?? null, died: diedAt(here, probes, alive), alive };
    })
    .filter(({ at, died }) => died.length > 0 || at === last);
  return { octets: octets.length, protocols: names(probes), steps, verdict };
}

/** A protocol that several probes look for dies with the last of them. */
function diedAt(
  deaths: readonly { probe: number; why: string }[],
  probes: readonly string[],
  alive: readonly string[],
): Death[] {
  const died = new Map(deaths.map(({ probe, why }) => [names([probes[probe] ?? ""]).join(), why]));
  return [...died].filter(([name]) => !alive.includes(name)).map(([protocol, why]) => ({ protocol, why }));
}

function readVerdict(line: Line | undefined): Verdict | null {
  if (line === undefined) return null;
  const [protocol = "", reason = "", at = "", serverName = "", alpn = ""] = line.fields;
  return {
    protocol,
    reason,
    at: Number(at),
    serverName: serverName === "" ? null : serverName,
    alpn: alpn === "" ? [] : alpn.split(","),
  };
}

/** HTTP/1.0 and 1.1 are one probe. */
function names(probes: readonly string[]): string[] {
  return [...new Set(probes.map((name) => (name === "http/1.0" ? "http/1" : name)))];
}
