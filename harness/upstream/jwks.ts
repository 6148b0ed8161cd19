import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { JwksAnswer, JwksPlan } from "./jwks-plan.js";

/** A running JWKS server. */
export interface JwksServer {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly plan: JwksPlan;
  close(): Promise<void>;
}

/** Starts a server on 127.0.0.1, on a free port, that hands out key sets as its plan says. */
export async function startJwks(plan: JwksPlan): Promise<JwksServer> {
  const over = new AbortController();
  const server = http.createServer((request, response) => {
    request.resume();
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, over.signal]);
    // Who has left wants no answer.
    answer(plan.next(request.url ?? "/"), response, signal).catch(() => response.destroy());
  });
  // A proxy's idle connection must not go away between two fetches.
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    plan,
    async close() {
      over.abort();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(planned: JwksAnswer, response: ServerResponse, signal: AbortSignal): Promise<void> {
  const { status, headers, body, drip, close, cut } = planned;
  if (planned.delay > 0) await delay(planned.delay, undefined, { signal });
  if (close) return void response.socket?.destroySoon();
  const told = new Set(headers.map(([name]) => name.toLowerCase()));
  const added: (readonly [string, string])[] = [
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
  ];
  response.writeHead(status, [...headers, ...added.filter(([name]) => !told.has(name))].flat());
  const sent = cut ? body.subarray(0, body.length >> 1) : body;
  const size = Math.ceil(sent.length / (drip?.pieces ?? 1)) || 1;
  for (let from = 0; from < sent.length; from += size) {
    if (from > 0 && drip !== undefined) await delay(drip.every, undefined, { signal });
    response.write(sent.subarray(from, from + size));
  }
  if (cut) response.socket?.destroySoon();
  else response.end();
}
