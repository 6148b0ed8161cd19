import { isIPv6 } from "node:net";

const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
/** Of types for whatever one likes. */
export const FIRST_TYPE = 0xe0;

/** Addresses that a proxy says, and texts with them. */
export interface ProxyHeader {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  /** In the order of their types, from `FIRST_TYPE`; null leaves one out. */
  readonly texts: readonly (string | null)[];
}

/** The binary form of the PROXY protocol; both addresses must be of one family. */
export function encodeProxyHeader({ source, destination, port, texts }: ProxyHeader): Buffer {
  const six = isIPv6(source);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(4000, 0);
  ports.writeUInt16BE(port, 2);
  const vectors = texts.flatMap((text, index) =>
    text === null ? [] : [vector(FIRST_TYPE + index, Buffer.from(text))],
  );
  const rest = Buffer.concat([octetsOf(source), octetsOf(destination), ports, ...vectors]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(rest.length);
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, six ? 0x21 : 0x11]), length, rest]);
}

function vector(type: number, octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, octets.length >> 8, octets.length & 255]), octets]);
}

function octetsOf(address: string): Buffer {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined)
    return Buffer.concat([Buffer.alloc(10), Buffer.from([255, 255]), octetsOf(mapped)]);
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const parts = address.split(":").map((part) => Number.parseInt(part, 16));
  return Buffer.from(parts.flatMap((part) => [part >> 8, part & 255]));
}
