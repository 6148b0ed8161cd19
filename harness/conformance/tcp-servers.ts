import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

/** A server that speaks no HTTP. */
export interface TcpServer {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Whether any connection since the last `clear` has brought this text. */
  hasReceived(text: string): boolean;
  clear(): void;
  close(): Promise<void>;
}

/** What the server of the cluster `greeting` says before it is asked: MySQL's first packet as MySQL 8 sends it. */
export const GREETING = Buffer.from(
  "4a0000000a382e302e333600080000000102030405060708" +
    "00ffffff0200ffdf1500000000000000000000" +
    "090a0b0c0d0e0f101112131400" +
    "63616368696e675f736861325f70617373776f726400",
  "hex",
);

/** Starts a server that sends back what it gets, and ends when its client does. @param greeting what it sends before */
export async function startTcp(greeting?: Buffer): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  let received: Buffer[][] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    received.push(chunks);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => void chunks.push(chunk));
    if (greeting !== undefined) socket.write(greeting);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    hasReceived: (text) => received.some((chunks) => Buffer.concat(chunks).includes(text)),
    clear: () => void (received = []),
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
