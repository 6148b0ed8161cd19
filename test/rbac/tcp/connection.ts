import net from "node:net";
import tls from "node:tls";
import { SILENCE_MS, type ClientTls } from "../differential/client.js";
import type { Literals } from "../differential/literals.js";
import { addressesOf, claimTexts, type RequestPlan, type Slots } from "../differential/request.js";
import { encodeProxyHeader, type ProxyHeader } from "./proxy-header.js";

/** A connection as it is made. */
export interface Connection {
  /** The loopback address that it comes from. */
  readonly from: string;
  readonly proxy: ProxyHeader;
}

/** Whether what was sent came back, or the connection was closed. */
export type Fate = "echo" | "closed";

export function buildConnection(plan: RequestPlan, literals: Literals, slots: Slots): Connection {
  const { from, source, destination, port } = addressesOf(plan, literals);
  return { from, proxy: { source, destination, port, texts: claimTexts(plan, literals, slots) } };
}

/** Connects, sends a line and waits for what comes of it. */
export function connect(
  port: number,
  { from, proxy }: Connection,
  secure: ClientTls | undefined,
): Promise<Fate> {
  return new Promise((resolve, reject) => {
    const plain = net.connect({ host: "127.0.0.1", port, localAddress: from, noDelay: true });
    plain.write(encodeProxyHeader(proxy));
    const socket = secure ? tls.connect({ ...secure, socket: plain, rejectUnauthorized: false }) : plain;
    const settle = (fate: Fate) => {
      resolve(fate);
      plain.destroy();
    };
    socket.setTimeout(SILENCE_MS, () => {
      reject(new Error(`neither an answer nor an end in ${SILENCE_MS / 1000} seconds`));
      plain.destroy();
    });
    socket.on("data", () => settle("echo"));
    socket.on("close", () => settle("closed"));
    // A reset is an end too.
    socket.on("error", () => settle("closed"));
    plain.on("error", () => settle("closed"));
    socket.write("ping");
  });
}
