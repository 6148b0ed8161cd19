import net from "node:net";
import { Duplex } from "node:stream";
import type { HeaderPair } from "./client.js";

/** Fields that Node's HTTP/2 client sends once only (its `kSingleValueHeaders`), as far as clients send them. */
const ONCE = new Set([
  ...["access-control-request-method", "authorization", "content-encoding", "content-language"],
  ...["content-length", "content-location", "content-range", "content-type", "date", "dnt", "from", "host"],
  ...["if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards"],
  ...["proxy-authorization", "range", "referer", "user-agent"],
]);

/** The fields that Node sends, and those that it would refuse because they were there before. */
export function splitRepeats(headers: readonly HeaderPair[]): { first: HeaderPair[]; again: HeaderPair[] } {
  const seen = new Set<string>();
  const [first, again]: [HeaderPair[], HeaderPair[]] = [[], []];
  for (const pair of headers) {
    const name = pair[0].toLowerCase();
    (ONCE.has(name) && seen.has(name) ? again : first).push(pair);
    seen.add(name);
  }
  return { first, again };
}

const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
const HEADERS = 1;
const END_HEADERS = 4;

/**
 * A connection for an HTTP/2 session that sends more fields with the first request: behind what the session has made of
 * its own, as literals that no table keeps (RFC 7541, 6.2.3).
 */
export function connectWithFields(address: net.NetConnectOpts, fields: readonly HeaderPair[]): Duplex {
  const socket = net.connect(address);
  let more: Buffer | null = Buffer.concat(fields.map(literal));
  let pending: Buffer = Buffer.alloc(0);
  let begun = false;

  /** What is whole of it, with the fields in the first HEADERS frame. */
  const rewritten = (chunk: Buffer): Buffer => {
    if (more === null) return chunk;
    pending = Buffer.concat([pending, chunk]);
    const out: Buffer[] = [];
    const take = (size: number): Buffer => {
      const taken = pending.subarray(0, size);
      pending = pending.subarray(size);
      out.push(taken);
      return taken;
    };
    if (!begun && pending.length >= PREFACE_BYTES) begun = take(PREFACE_BYTES).length > 0;
    while (begun && more !== null && pending.length >= FRAME_HEADER_BYTES) {
      const length = pending.readUIntBE(0, 3);
      if (pending.length < FRAME_HEADER_BYTES + length) break;
      const frame = take(FRAME_HEADER_BYTES + length);
      if (frame[3] !== HEADERS) continue;
      // Where such a frame ends, a field may not.
      if (((frame[4] ?? 0) & END_HEADERS) === 0)
        throw new Error("too many headers to repeat one over HTTP/2");
      frame.writeUIntBE(length + more.length, 0, 3);
      out.push(more);
      more = null;
    }
    if (more === null) take(pending.length);
    return Buffer.concat(out);
  };

  const duplex = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      let octets: Buffer;
      try {
        octets = rewritten(chunk);
      } catch (error) {
        return done(error as Error);
      }
      if (octets.length === 0) done();
      else socket.write(octets, done);
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Buffer) => void (duplex.push(chunk) || socket.pause()));
  socket.on("end", () => duplex.push(null));
  socket.on("error", (error) => duplex.destroy(error));
  return duplex;
}

function literal([name, value]: HeaderPair): Buffer {
  const NEVER_INDEXED = 0x10;
  return Buffer.concat([Buffer.from([NEVER_INDEXED]), text(name.toLowerCase()), text(value)]);
}

/** A string without Huffman coding: an integer with a prefix of seven bits, and the octets. */
function text(value: string): Buffer {
  const octets = Buffer.from(value, "latin1");
  if (octets.length < 0x7f) return Buffer.concat([Buffer.from([octets.length]), octets]);
  const length = [0x7f];
  let rest = octets.length - 0x7f;
  for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...length, rest]), octets]);
}
