import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { connectionDifferences, isSettled, mustLast } from "../../harness/conformance/connection-check.js";
import { converse } from "../../harness/conformance/connection-client.js";
import { Connection } from "../../harness/conformance/connection-schema.js";
import { openingOf } from "../../harness/conformance/connections.js";

const servers: net.Server[] = [];
afterEach(() => void servers.splice(0).forEach((server) => server.close()));

/** A server that sends back what it gets, late, and then goes away if it is told to. */
async function lateEcho(closes: boolean): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => setTimeout(() => (closes ? socket.end(chunk) : socket.write(chunk)), 900));
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

async function differencesOf(expect: object, port: number): Promise<string[]> {
  const opening = openingOf(Connection.parse({ name: "one", send: "hello", expect }));
  const expected = opening.connection.expect;
  const seen = await converse(opening, {
    host: "127.0.0.1",
    port,
    preamble: Buffer.alloc(0),
    undecided: expected.undecided === true,
    lasts: mustLast(expected),
    over: (so_far) => isSettled(expected, opening, so_far),
  });
  const unknown = { cluster: undefined, labels: undefined, chain: undefined, upstream: undefined };
  return connectionDifferences(expected, opening, { ...seen, ...unknown });
}

it("a connection that is to stay open has time to get what it should", async () => {
  expect(await differencesOf({ received: "hello", closed: false }, await lateEcho(false))).toEqual([]);
});

it("and is seen to end behind that", async () => {
  const found = await differencesOf({ received: "hello", closed: false }, await lateEcho(true));
  expect(found).toEqual(['closed: expected null, got "end"']);
});
