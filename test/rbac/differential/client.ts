import http from "node:http";
import net from "node:net";
import tls from "node:tls";
import type { SentRequest } from "./request.js";

/** What came of a request. */
export interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly grpc: string;
  /** Response code details. */
  readonly details: string;
  readonly shadowPolicy: string;
  readonly shadowResult: string;
}

/** Much longer than it takes, as the machine may be busy with other tests. */
export const SILENCE_MS = 60_000;

/** What a client of TLS needs. */
export interface ClientTls extends Pick<tls.ConnectionOptions, "cert" | "key" | "ca" | "servername"> {
  readonly id: string;
}

/** Sends requests, over kept connections where they say the same of their addresses. */
export class Client {
  readonly #agents = new Map<string, http.Agent>();

  ask(port: number, request: SentRequest, secure?: ClientTls): Promise<Outcome> {
    const { method, path, headers, from, proxy } = request;
    // Connections with a PROXY line are hardly ever the same twice.
    const agent = proxy === undefined ? this.#agent(from, secure) : agentFor(from, proxy, secure, false);
    return new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port,
        method,
        path,
        headers: headers.flat(),
        setHost: false,
        agent,
        timeout: SILENCE_MS,
      };
      const outgoing = http.request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => resolve(outcome(response, Buffer.concat(chunks).toString())));
      });
      outgoing.on("timeout", () => {
        reject(new Error(`no answer in ${SILENCE_MS / 1000} seconds`));
        outgoing.destroy();
      });
      // Some PROXY lines are not taken; a kept connection has to go on.
      outgoing.on("error", (error) => (proxy === undefined ? reject(error) : resolve(REFUSED)));
      outgoing.end();
    });
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #agent(from: string, secure: ClientTls | undefined): http.Agent {
    const key = `${from} ${secure?.id ?? ""}`;
    const agent = this.#agents.get(key) ?? agentFor(from, undefined, secure, true);
    this.#agents.set(key, agent);
    return agent;
  }
}

const REFUSED: Outcome = {
  status: 0,
  body: "",
  contentType: "",
  grpc: "",
  details: "connection refused or reset",
  shadowPolicy: "",
  shadowResult: "",
};

function agentFor(
  from: string,
  proxy: string | undefined,
  secure: ClientTls | undefined,
  keepAlive: boolean,
): http.Agent {
  const agent = new http.Agent({ keepAlive });
  agent.createConnection = (options) => {
    const { port } = options as { port: number };
    const socket = net.connect({ host: "127.0.0.1", port, localAddress: from, noDelay: true });
    if (proxy !== undefined) socket.write(proxy);
    return secure
      ? tls.connect({ ...secure, socket, rejectUnauthorized: false, checkServerIdentity: () => undefined })
      : socket;
  };
  return agent;
}

function outcome({ statusCode, headers }: http.IncomingMessage, body: string): Outcome {
  const one = (name: string) => String(headers[name] ?? "");
  // After a refusal native writes them, but too late for headers.
  const both = (key: string) =>
    one("x-details").startsWith("rbac_") ? [] : [one(`x-native-${key}`), one(`x-ours-${key}`)];
  // One of the two is there; `-` is what Envoy writes for nothing, quotes are JSON's.
  const shadow = (key: string) =>
    both(key)
      .map(unquoted)
      .find((text) => text !== "") ?? "";
  return {
    status: statusCode ?? 0,
    body,
    contentType: one("content-type"),
    grpc: `${one("grpc-status")} ${one("grpc-message")}`,
    details: one("x-details"),
    shadowPolicy: shadow("shadow_effective_policy_id"),
    shadowResult: shadow("shadow_engine_result"),
  };
}

const unquoted = (text: string) => (text === "-" ? "" : text.replace(/^"(.*)"$/, "$1"));
