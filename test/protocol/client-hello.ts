// Builds ClientHellos (RFC 8446 section 4.1.2) in records of any size.

export interface HelloOptions {
  readonly serverName?: string;
  readonly alpn?: readonly (string | Buffer)[];
  /** The version of the message; TLS 1.2 by default, as TLS 1.3 has it too. */
  readonly version?: number;
  /** Octets of an extension that means nothing. */
  readonly padding?: number;
  /** Octets of the message in each record; all in one by default. */
  readonly recordSize?: number;
  /** Extensions by type, before the others. */
  readonly raw?: readonly (readonly [number, Buffer])[];
  /** Whether there is a list of extensions at all; true by default. */
  readonly hasExtensions?: boolean;
}

/** The octets of a client's first flight. */
export function clientHello(options: HelloOptions = {}): Buffer {
  const extensions = [...(options.raw ?? [])].map(([type, body]) => extension(type, body));
  if (options.serverName !== undefined) {
    const entry = Buffer.concat([Buffer.from([0]), counted(2, Buffer.from(options.serverName))]);
    extensions.push(extension(0, counted(2, entry)));
  }
  if (options.padding) extensions.push(extension(0xffff, Buffer.alloc(options.padding)));
  if (options.alpn) {
    const names = options.alpn.map((name) => counted(1, Buffer.from(name)));
    extensions.push(extension(16, counted(2, Buffer.concat(names))));
  }
  const version = options.version ?? 0x0303;
  const body = Buffer.concat([
    Buffer.from([version >> 8, version & 0xff]),
    Buffer.alloc(32, 0x5a),
    counted(1, Buffer.alloc(32, 0x21)),
    counted(2, Buffer.from("130113021303c02bc02f", "hex")),
    counted(1, Buffer.from([0])),
    (options.hasExtensions ?? true) ? counted(2, Buffer.concat(extensions)) : Buffer.alloc(0),
  ]);
  return records(Buffer.concat([Buffer.from([1]), counted(3, body)]), options.recordSize);
}

function records(message: Buffer, size = message.length): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    parts.push(Buffer.from([0x16, 3, 1]), counted(2, message.subarray(at, at + size)));
  }
  return Buffer.concat(parts);
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 0xff]), counted(2, body)]);
}

/** Octets with their number before them, in as many octets. */
function counted(width: number, octets: Buffer): Buffer {
  const length = Buffer.alloc(width);
  length.writeUIntBE(octets.length, 0, width);
  return Buffer.concat([length, octets]);
}
