import type { z } from "zod";
import type { ClientHello as Schema } from "./connection-schema.js";

const HANDSHAKE = "16";
const CLIENT_HELLO = "01";
const SERVER_NAME = "0000";
const SUPPORTED_GROUPS = "000a";
const SIGNATURE_ALGORITHMS = "000d";
const ALPN = "0010";
const PADDING = "0015";
const SUPPORTED_VERSIONS = "002b";

/** A ClientHello (RFC 8446, 4.1.2) in one record or several; its random octets are zero. */
export function clientHello(options: z.output<typeof Schema>): Buffer {
  const { version, recordVersion, recordSize } = options;
  const body = Buffer.concat([
    hex(version),
    Buffer.alloc(32),
    sized(1, Buffer.alloc(0)),
    sized(2, hex("1301 1302 c02b c02f 009c")),
    sized(1, hex("00")),
    ...(options.extensions ? [sized(2, extensions(options))] : []),
  ]);
  const message = Buffer.concat([hex(CLIENT_HELLO), sized(3, body)]);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += recordSize) {
    records.push(hex(HANDSHAKE), hex(recordVersion), sized(2, message.subarray(at, at + recordSize)));
  }
  return Buffer.concat(records);
}

function extensions({ serverName, alpn, supportedVersions, padding }: z.output<typeof Schema>): Buffer {
  const all: Buffer[] = [];
  const add = (type: string, content: Buffer) => all.push(hex(type), sized(2, content));
  if (serverName !== undefined) {
    const name = Buffer.concat([hex("00"), sized(2, Buffer.from(serverName, "latin1"))]);
    add(SERVER_NAME, sized(2, name));
  }
  add(SUPPORTED_GROUPS, sized(2, hex("001d 0017")));
  add(SIGNATURE_ALGORITHMS, sized(2, hex("0403 0804 0401")));
  if (alpn.length > 0) {
    add(ALPN, sized(2, Buffer.concat(alpn.map((each) => sized(1, Buffer.from(each, "latin1"))))));
  }
  if (supportedVersions.length > 0) add(SUPPORTED_VERSIONS, sized(1, hex(supportedVersions.join(""))));
  if (padding > 0) add(PADDING, Buffer.alloc(padding));
  return Buffer.concat(all);
}

/** The length in so many octets, and the content. */
function sized(lengthOctets: number, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthOctets);
  length.writeUIntBE(content.length, 0, lengthOctets);
  return Buffer.concat([length, content]);
}

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ""), "hex");
}
