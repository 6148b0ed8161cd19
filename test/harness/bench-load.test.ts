import net, { type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findLoadGenerator, runLoad, type LoadGenerator, type LoadSpec } from "../../harness/bench/load.js";
import { runAutocannon } from "../../harness/bench/load-autocannon.js";
import { tcpLoad } from "../../harness/bench/load-tcp.js";
import type { Message, Request } from "../../harness/bench/types.js";
import { startEcho, type EchoServer } from "../../harness/upstream/index.js";

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEcho({ recordLimit: 10 });
});
afterAll(() => echo.close());
beforeEach(() => echo.clear());

const spec = (request: Request): LoadSpec => ({
  host: "127.0.0.1",
  port: echo.port,
  connections: 2,
  seconds: 1,
  request,
});

const found = await findLoadGenerator();
const autocannon: LoadGenerator = { name: "autocannon", run: runAutocannon };
const generators = found.name === autocannon.name ? [autocannon] : [found, autocannon];

describe.each(generators)("$name", (generator) => {
  test("sends the request as it is given and counts the answers", async () => {
    const headers = { "x-name": `a"b\\c [d] =\te`, "x-echo-body": "ok" };
    const request = { method: "POST", path: "/p?q=1", headers, body: `{"a": "]]"}` };
    const before = echo.total;
    const result = await runLoad(generator, spec(request), "test");
    const sent = echo.total - before;
    const [seen] = echo.requests();
    expect(seen).toMatchObject({ method: "POST", path: "/p?q=1" });
    expect(Buffer.from(seen?.body.base64 ?? "", "base64").toString()).toBe(request.body);
    expect(seen?.headers).toEqual(expect.arrayContaining([["x-name", headers["x-name"]]]));
    // The last answers may be on their way when the time is up.
    expect(sent - result.requests).toBeGreaterThanOrEqual(0);
    expect(sent - result.requests).toBeLessThanOrEqual(4);
    expect(result.latency.maxMicros).toBeGreaterThanOrEqual(result.latency.p50Micros);
    expect(result.seconds).toBeGreaterThan(0.9);
  });

  test("sends the values of a header in turn, over all connections", async () => {
    const values = Array.from({ length: 7 }, (_, index) => `value ${index}`);
    await runLoad(generator, spec({ path: "/", rotate: { header: "x-turn", values } }), "test");
    const seen = echo.requests().map(({ headers }) => headers.find(([name]) => name === "x-turn")?.[1] ?? "");
    expect(new Set(seen).size).toBeGreaterThanOrEqual(5);
    expect(values).toEqual(expect.arrayContaining([...new Set(seen)]));
  });

  test("fails for another class of status than the wanted one", async () => {
    const denied = { path: "/", headers: { "x-echo-status": "403", "x-echo-body": "no" } };
    await expect(runLoad(generator, spec(denied), "what")).rejects.toThrow(
      /^what: \d+ of \d+ requests failed: \d+ x wrong/,
    );
    await expect(runLoad(generator, spec({ ...denied, status: 403 }), "what")).resolves.toMatchObject({
      errors: 0,
    });
    await expect(runLoad(generator, spec({ path: "/", status: 403 }), "what")).rejects.toThrow(
      "wrong status",
    );
  });

  test("fails for connections that break", async () => {
    const broken = { path: "/", headers: { "x-echo-abort": "close" } };
    await expect(runLoad(generator, spec(broken), "what")).rejects.toThrow("what: ");
  });
});

describe("messages over TCP", () => {
  /** What comes, with an exclamation mark behind each line. */
  const answering = (socket: Socket): void => {
    socket.on("data", (chunk) => socket.write(chunk.toString("latin1").replaceAll("\n", "!\n"), "latin1"));
  };

  async function sent(handler: (socket: Socket) => void, message: Message) {
    const sockets = new Set<Socket>();
    const server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      handler(socket);
    });
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    try {
      const load = { host: "127.0.0.1", port, connections: 2, seconds: 1, request: message };
      return { result: await runLoad(tcpLoad, load, "what"), connections: sockets.size };
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }

  test("goes on after each reply and counts them", async () => {
    let messages = 0;
    const counting = (socket: Socket): void => {
      socket.on("data", () => messages++);
      answering(socket);
    };
    const { result, connections } = await sent(counting, { send: "\xe9\n", expect: "\xe9!\n" });
    expect(connections).toBe(2);
    expect(result.requests).toBeGreaterThan(100);
    expect(messages).toBe(result.requests);
    expect(result.seconds).toBeGreaterThan(0.9);
    expect(result.latency.p50Micros).toBeGreaterThan(1);
    expect(result.latency.maxMicros).toBeGreaterThanOrEqual(result.latency.p999Micros);
  });

  test("fails for another reply, and for one that is too long", async () => {
    await expect(sent(answering, { send: "a\n", expect: "b!\n" })).rejects.toThrow("2 x wrong reply");
    await expect(sent(answering, { send: "a\n", expect: "a!" })).rejects.toThrow("2 x wrong reply");
  });

  test("takes any octets behind those that it knows, as many as it knows of", async () => {
    const dated = { send: "a\n", expect: "a", length: 3 };
    await expect(sent(answering, dated)).resolves.toMatchObject({ result: { errors: 0 } });
    await expect(sent(answering, { ...dated, expect: "b" })).rejects.toThrow("2 x wrong reply");
    await expect(sent(answering, { ...dated, length: 2 })).rejects.toThrow("2 x wrong reply");
  });

  test("fails for connections that break", async () => {
    const closing = (socket: Socket): void => void socket.on("data", () => socket.end("a"));
    await expect(sent(closing, { send: "a", expect: "ab" })).rejects.toThrow("2 x broken connection");
  });
});
