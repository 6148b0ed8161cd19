import { z } from "zod";

/** A ClientHello of TLS, made to measure; see client-hello.ts. */
export const ClientHello = z.strictObject({
  serverName: z.string().optional(),
  alpn: z.array(z.string()).default([]),
  /** The version in the message, 0x0303 for all since TLS 1.2; hexadecimal. */
  version: z.string().default("0303"),
  /** The version in the record's header. */
  recordVersion: z.string().default("0301"),
  /** TLS 1.3 is asked for in an extension. */
  supportedVersions: z.array(z.string()).default(["0304", "0303"]),
  /** So many octets of padding (RFC 7685). */
  padding: z.int().nonnegative().default(0),
  /** Without any extension at all. */
  extensions: z.boolean().default(true),
  /** At most so many octets of the message in each record. */
  recordSize: z.int().positive().max(16384).default(16384),
});

const Part = z.union([
  z.string(),
  z.strictObject({ hex: z.string().regex(/^(\s*[0-9a-fA-F]{2})*\s*$/) }),
  z.strictObject({ clientHello: ClientHello }),
]);

/** Octets: text with one character an octet, hexadecimal, a ClientHello, or several of these one after the other. */
export const Octets = z.union([Part, z.array(Part)]);

/** Where what is sent is cut: at these octets, or each so many; each piece is a segment of its own. */
export const Split = z.union([z.int().positive(), z.array(z.int().positive())]);

/** What a client does next. */
export const Step = z.union([
  z.strictObject({ send: Octets, split: Split.optional() }),
  /** Milliseconds; of the host's clock in process. */
  z.strictObject({ pause: z.int().positive() }),
  /** It says that it sends no more. */
  z.strictObject({ end: z.literal(true) }),
  /** It breaks the connection. */
  z.strictObject({ reset: z.literal(true) }),
  /** It waits until this has come, behind what it has waited for before. */
  z.strictObject({ receive: Octets }),
]);

/** What must come of a connection. */
export const ConnectionExpectation = z.strictObject({
  /** Where `tcp_proxy` sends it; null: nowhere. */
  cluster: z.string().nullable().optional(),
  /** Filter state, by the names that the file's `labels` give; null: not set. Ours only. */
  labels: z.record(z.string(), z.string().nullable()).default({}),
  /** The filter chain that Envoy chooses. Native only. */
  chain: z.string().optional(),
  /** All that the client gets; what it has sent, if it goes to the cluster `tcp`, unless this says otherwise. Not of HTTP in process. */
  received: Octets.optional(),
  /** A regular expression for it, with one character an octet. */
  matches: z.string().optional(),
  /** Whether it ends from the other side, and how; false: it stays open for a while. */
  closed: z.union([z.boolean(), z.enum(["end", "reset"])]).optional(),
  /** Nothing comes, goes on or ends for a while. */
  undecided: z.literal(true).optional(),
  /** Which server has got the text `${connection}` of it, by its cluster; null: none. */
  upstream: z.enum(["http", "tcp", "greeting"]).nullable().optional(),
});

const PlainConnection = z.strictObject({
  /** Shown when it does not get what it should. */
  name: z.string(),
  steps: z.array(Step).default([]),
  /** `address:port` of the client, and where it has connected to before it came here. */
  source: z.string().optional(),
  destination: z.string().optional(),
  expect: ConnectionExpectation,
  /** What happens with the native filter instead. */
  native: ConnectionExpectation.optional(),
  /** The first Envoy whose native filter is compared. */
  nativeSince: z.string().optional(),
  /** Reason of a difference from `expect`. */
  why: z.string().optional(),
});

/** `send`, `split` and `end` at once are steps. */
export const Connection = z.preprocess((value) => {
  if (typeof value !== "object" || value === null || !("send" in value)) return value;
  const { send, split, end, ...rest } = value as Record<string, unknown>;
  const first = { send, ...(split !== undefined && { split }) };
  return { ...rest, steps: end === true ? [first, { end }] : [first] };
}, PlainConnection);

/** What Envoy has instead of ours in front of `tcp_proxy`: listener filters, and filter chains by what they find. */
export const NativeListener = z.strictObject({
  inspectors: z.array(z.enum(["tls", "http"])),
  /** Further fields of the listener. */
  listener: z.record(z.string(), z.unknown()).default({}),
  chains: z.array(
    z.strictObject({
      name: z.string(),
      /** Of a chain; without it, the default one. */
      match: z.record(z.string(), z.unknown()).optional(),
      cluster: z.string(),
    }),
  ),
});
