import { once } from "node:events";
import http from "node:http";
import type net from "node:net";
import type { AddressInfo } from "node:net";

/** A server that says what it was asked, so far as filters have a say in it. */
export class Backend {
  private constructor(
    private readonly server: http.Server,
    readonly port: number,
  ) {}

  static async start(): Promise<Backend> {
    const server = http.createServer(({ method, url, headers }, response) => {
      const { authorization = "", host = "" } = headers;
      response.end(`${method} ${url} for ${host} with ${authorization}\n`);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Backend(server, (server.address() as AddressInfo).port);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

/** A request, the same for two servers. */
export interface Question {
  readonly path: string;
  readonly method: string;
  /** Names and values in turn, as they are sent: a name may be there twice. */
  readonly headers: readonly (readonly [string, string])[];
}

/** What of an answer two servers have to agree on. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly challenge: string | undefined;
}

/** @param port of 127.0.0.1 */
export function ask(port: number, question: Question): Promise<Answer> {
  return answer(question, { host: "127.0.0.1", port, agent: false });
}

/** Asks over a connection that is there, or is being made; null when it is closed without an answer. */
export async function askOver(socket: net.Socket, question: Question): Promise<Answer | null> {
  try {
    return await answer(question, { createConnection: () => socket });
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

async function answer({ path, method, headers }: Question, options: http.RequestOptions): Promise<Answer> {
  // With a list of headers, Node sends none of its own but `connection`.
  const request = http.request({ ...options, path, method, headers: headers.flat() });
  request.end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode!,
    body: Buffer.concat(chunks).toString(),
    challenge: response.headers["www-authenticate"],
  };
}
