import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse, address: string) => void;

/** A server on loopback that answers as a test says, and keeps what it was asked. */
export class ScriptedServer {
  /** Each request: its method, its path without the query, and its `authorization`. */
  readonly asked: { readonly line: string; readonly authorization: string | undefined }[] = [];

  private constructor(
    private readonly server: Server,
    /** Host and port. */
    readonly address: string,
  ) {}

  static async start(handle: Handler): Promise<ScriptedServer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const scripted = new ScriptedServer(server, address);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const line = `${request.method} ${request.url?.split("?")[0]}`;
      scripted.asked.push({ line, authorization: request.headers.authorization });
      response.on("error", () => undefined);
      handle(request, response, address);
    });
    return scripted;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
