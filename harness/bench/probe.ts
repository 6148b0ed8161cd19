import { once } from "node:events";
import net from "node:net";
import { request as send } from "undici";
import type { RunningEnvoy } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import { isMessage } from "./load.js";
import type { Message, Request, Scenario, Variant } from "./types.js";

/** How long a reply over TCP may take. */
const REPLY_MS = 10_000;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Sends a request and fails unless all that comes of it is what the scenario says: only equal work may be compared. */
export async function checkAnswer(
  scenario: Scenario,
  variant: Variant,
  address: Address,
  envoy: Pick<RunningEnvoy, "admin">,
): Promise<void> {
  const what = `${scenario.suite}/${scenario.name} ${variant.name}`;
  // Without a filter a request is answered all the same, but nothing is expected of the answer.
  const works = variant.name !== "none";
  const { request, expectStats } = scenario;
  if (isMessage(request)) {
    const expected = works || request.same === true ? request.expect : request.send;
    await checkReply(what, expected, request, address);
  } else await checkResponse(what, works, request, address);
  const counted = { ...(works && expectStats), ...variant.expectStats };
  for (const [name, value] of Object.entries(counted)) {
    const got = await envoy.admin.stat(name);
    if (got !== value)
      throw wrongAnswer(`${what} counted ${name} ${got ?? "not at all"} instead of ${value}`);
  }
}

async function checkResponse(
  what: string,
  works: boolean,
  request: Request,
  address: Address,
): Promise<void> {
  const { probes = 1, status = 200 } = request;
  for (let left = probes; left > 0; left--) {
    const answer = await send(`http://${address.host}:${address.port}${request.path}`, {
      method: (request.method ?? "GET") as "GET",
      headers: firstHeaders(request),
      body: request.body ?? null,
    });
    const body = Buffer.from(await answer.body.arrayBuffer()).toString("latin1");
    if (!works) return;
    if (answer.statusCode !== status) {
      throw wrongAnswer(`${what} answered ${answer.statusCode} instead of ${status}`);
    }
    if (left > 1) continue;
    for (const [name, value] of Object.entries(request.expectHeaders ?? {})) {
      const got = answer.headers[name.toLowerCase()];
      if (got === value) continue;
      const said = got === undefined ? "no such header" : `"${String(got)}"`;
      throw wrongAnswer(`${what} answered ${said} instead of ${name}: ${value}`);
    }
    if (request.expectBody !== undefined && body !== request.expectBody) {
      throw wrongAnswer(`${what} answered another body than expected: ${start(body)}`);
    }
  }
}

/** Those of the first request of the load. */
function firstHeaders({ headers, rotate }: Request): Record<string, string> {
  return { ...headers, ...(rotate && { [rotate.header]: rotate.values[0] ?? "" }) };
}

async function checkReply(what: string, expected: string, message: Message, address: Address): Promise<void> {
  const socket = net.connect(address);
  const length = message.length ?? expected.length;
  try {
    await once(socket, "connect");
    socket.setTimeout(REPLY_MS, () => socket.destroy());
    socket.write(message.send, "latin1");
    let reply = "";
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      reply += chunk.toString("latin1");
      if (reply.length >= length) break;
    }
    if (reply.length !== length || !reply.startsWith(expected))
      throw wrongAnswer(`${what} replied ${start(reply)} instead of ${start(expected)}`);
  } finally {
    socket.destroy();
  }
}

function wrongAnswer(message: string): HarnessError {
  return new HarnessError("BENCH_WRONG_ANSWER", message);
}

function start(text: string): string {
  return `"${text.slice(0, 100)}"${text.length > 100 ? `, ${text.length} octets` : ""}`;
}
