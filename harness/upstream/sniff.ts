import type { Socket } from "node:net";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * Tells HTTP/2 with prior knowledge from HTTP/1 by its connection preface and hands the untouched connection on. It
 * waits only while the bytes so far could still become the preface.
 */
export function sniffHttp(socket: Socket, onProtocol: (protocol: "http1" | "http2") => void): void {
  let seen = Buffer.alloc(0);
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk) seen = Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, PREFACE.length);
    const possible = PREFACE.compare(seen, 0, compared, 0, compared) === 0;
    if (possible && compared < PREFACE.length && !socket.readableEnded && chunk) return;
    socket.off("readable", onReadable);
    socket.unshift(seen);
    onProtocol(possible && compared === PREFACE.length ? "http2" : "http1");
  };
  socket.on("readable", onReadable);
}
