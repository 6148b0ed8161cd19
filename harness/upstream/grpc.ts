import { once } from "node:events";
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/** A running gRPC server. */
export interface GrpcServer {
  /** On 127.0.0.1, HTTP/2 with prior knowledge. */
  readonly port: number;
  close(): Promise<void>;
}

const OK = 0;
const UNIMPLEMENTED = 12;

/** A message on the wire: one octet that says whether it is compressed, four of length, and the message itself. */
const PREFIX_BYTES = 5;

/**
 * Starts a gRPC server on 127.0.0.1, on a free port. Messages are octets to it, of no type. Service `tremula.Echo`:
 *
 * | method | answer |
 * | --- | --- |
 * | `Unary` | the message, when the client has closed its half |
 * | `Collect` | all messages as one, when the client has closed its half |
 * | `Repeat` | the message three times |
 * | `Chat` | each message as it comes |
 * | `Fail` | status 7 and message `not today` |
 * | `Never` | none |
 *
 * Metadata `x-echo` comes back as initial metadata, `x-echo-end` as trailing metadata.
 */
export async function startGrpc(): Promise<GrpcServer> {
  const sessions = new Set<ServerHttp2Session>();
  const server = http2.createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => serve(stream, headers));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const session of sessions) session.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

function serve(stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
  const [service, method] = (headers[":path"] ?? "").split("/").slice(1);
  const trailing = headers["x-echo-end"];
  let status = service === "tremula.Echo" ? OK : UNIMPLEMENTED;
  let statusMessage = "";
  stream.on("error", () => undefined);
  stream.on("wantTrailers", () => {
    stream.sendTrailers({
      "grpc-status": String(status),
      ...(statusMessage && { "grpc-message": statusMessage }),
      ...(trailing !== undefined && { "x-echo-end": trailing }),
    });
  });
  const initial = headers["x-echo"];
  stream.respond(
    { "content-type": "application/grpc", ...(initial !== undefined && { "x-echo": initial }) },
    { waitForTrailers: true },
  );
  const collected: Buffer[] = [];
  const onMessage = (message: Buffer): void => {
    collected.push(message);
    if (method === "Chat") stream.write(framed(message));
  };
  const onEnd = (): void => {
    if (method === "Never") return;
    if (method === "Unary" || method === "Collect") stream.write(framed(Buffer.concat(collected)));
    if (method === "Repeat") for (let i = 0; i < 3; i++) stream.write(framed(Buffer.concat(collected)));
    if (method === "Fail") [status, statusMessage] = [7, "not today"];
    stream.end();
  };
  let rest: Buffer = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= PREFIX_BYTES && rest.length >= PREFIX_BYTES + rest.readUInt32BE(1)) {
      const end = PREFIX_BYTES + rest.readUInt32BE(1);
      onMessage(rest.subarray(PREFIX_BYTES, end));
      rest = rest.subarray(end);
    }
  });
  stream.on("end", onEnd);
}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
