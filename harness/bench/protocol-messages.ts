/** What the suite `protocol` sends: one first message of each kind, as clients really send them. */

export const HTTP_REQUEST =
  "GET /orders/42 HTTP/1.1\r\nhost: shop.example\r\nuser-agent: tremula-bench\r\naccept: */*\r\n\r\n";

/** The greeting of the template `bench/protocol-greeting.yaml`. */
export const SMTP_GREETING = "220 bench ESMTP\r\n";

/** A driver's first message: OP_MSG with the document `{hello: 1, $db: "admin"}`. */
export const MONGO_HELLO = mongoMessage();

/**
 * The first flight of a TLS 1.3 client: one record with a ClientHello (RFC 8446, sections 4.1.2 and 5.1).
 *
 * @param serverName name for the extension `server_name` (RFC 6066)
 * @param protocols names for the extension `application_layer_protocol_negotiation` (RFC 7301), the best one first
 */
export function clientHello(serverName: string, protocols: readonly string[]): Buffer {
  const extensions = Buffer.concat([
    extension(0x0000, vector(2, Buffer.concat([octets(0), vector(2, Buffer.from(serverName))]))),
    // supported_groups, signature_algorithms, supported_versions, psk_key_exchange_modes, key_share
    extension(0x000a, vector(2, octets(0x00, 0x1d, 0x00, 0x17, 0x00, 0x18))),
    extension(0x000d, vector(2, octets(0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x08, 0x05, 0x08, 0x06))),
    extension(0x002b, vector(1, octets(0x03, 0x04, 0x03, 0x03))),
    extension(0x002d, vector(1, octets(0x01))),
    extension(0x0033, vector(2, Buffer.concat([octets(0x00, 0x1d), vector(2, Buffer.alloc(32, 0x5a))]))),
    extension(0x0010, vector(2, Buffer.concat(protocols.map((name) => vector(1, Buffer.from(name)))))),
  ]);
  const hello = Buffer.concat([
    octets(0x03, 0x03),
    Buffer.alloc(32, 0x42),
    vector(1, Buffer.alloc(32, 0x17)),
    vector(2, octets(0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30)),
    vector(1, octets(0)),
    vector(2, extensions),
  ]);
  return Buffer.concat([
    octets(0x16, 0x03, 0x01),
    vector(2, Buffer.concat([octets(0x01), vector(3, hello)])),
  ]);
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([octets(type >> 8, type & 0xff), vector(2, content)]);
}

/** Content with its length in front, in this many octets. */
function vector(lengthOctets: number, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthOctets);
  length.writeUIntBE(content.length, 0, lengthOctets);
  return Buffer.concat([length, content]);
}

function octets(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

function mongoMessage(): Buffer {
  const elements = Buffer.concat([
    octets(0x10),
    Buffer.from("hello\0"),
    int32(1),
    octets(0x02),
    Buffer.from("$db\0"),
    int32("admin\0".length),
    Buffer.from("admin\0"),
  ]);
  const document = Buffer.concat([int32(elements.length + 5), elements, octets(0)]);
  const body = Buffer.concat([int32(0), octets(0), document]);
  const OP_MSG = 2013;
  return Buffer.concat([int32(16 + body.length), int32(1), int32(0), int32(OP_MSG), body]);
}

function int32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeInt32LE(value);
  return octets;
}
