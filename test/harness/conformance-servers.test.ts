import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { send, valuesOf } from "../../harness/conformance/client.js";
import { JwksPlan, startAccessLog, startEcho, startJwks } from "../../harness/upstream/index.js";
import type { JwksAnswer } from "../../harness/upstream/jwks-plan.js";
import { type Packed, Unpacker } from "../../harness/upstream/msgpack.js";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

const ANSWER = {
  status: 200,
  headers: [],
  body: Buffer.from('{"keys":[]}'),
  delay: 0,
  close: false,
  cut: false,
};
const GET = { protocol: "http1", method: "GET", authority: "jwks", headers: [] } as const;

describe("the JWKS server", () => {
  it("answers each fetch of a path with what is next for it, and the last for ever", async () => {
    const get = await serve([{ ...ANSWER, status: 503 }, ANSWER]);
    expect((await get("/a")).status).toBe(503);
    const { status, headers, body } = await get("/a?x");
    expect([status, String(body)]).toEqual([200, '{"keys":[]}']);
    expect(headers).toContainEqual(["content-type", "application/json"]);
    expect([(await get("/a")).status, (await get("/b")).status]).toEqual([200, 404]);
  });

  it("closes, cuts and drips", async () => {
    const drip = { pieces: 3, every: 30 };
    const get = await serve([
      { ...ANSWER, close: true },
      { ...ANSWER, cut: true },
      { ...ANSWER, drip },
    ]);
    expect(await get("/a")).toMatchObject({ status: 0 });
    const cut = await get("/a");
    expect([cut.status, String(cut.body), cut.reset !== undefined]).toEqual([200, '{"key', true]);
    const begin = performance.now();
    expect(String((await get("/a")).body)).toBe('{"keys":[]}');
    expect(performance.now() - begin).toBeGreaterThan(55);
  });

  it("sends headers of the script instead of its own", async () => {
    const headers = [
      ["Content-Type", "text/html"],
      ["cache-control", "max-age=1"],
    ] as const;
    const get = await serve([{ ...ANSWER, headers }]);
    const types = (await get("/a")).headers.filter(([name]) => name.toLowerCase() === "content-type");
    expect(types).toEqual([["Content-Type", "text/html"]]);
  });

  async function serve(answers: readonly JwksAnswer[]) {
    const server = await startJwks(new JwksPlan(new Map([["/a", answers]])));
    closing.push(() => server.close());
    return (path: string) => send({ host: "127.0.0.1", port: server.port }, { ...GET, path });
  }
});

describe("the client", () => {
  it("sees a connection that changes its protocol as one without an answer", async () => {
    const server = http.createServer().on("connect", (_request, socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
    });
    const sockets = new Set<net.Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    });
    const { port } = server.address() as net.AddressInfo;
    const answer = await send({ host: "127.0.0.1", port }, { ...GET, method: "CONNECT", path: "a:1" });
    expect(answer).toMatchObject({ status: 0, reset: "closed without an answer" });
  });
});

it("the client repeats every field over HTTP/2 too", async () => {
  const echo = await startEcho();
  closing.push(() => echo.close());
  const headers: [string, string][] = [
    ["authorization", "one"],
    ["x-a", "1"],
    ["Authorization", `two${"x".repeat(300)}`],
    ["x-a", "2"],
    ["authorization", ""],
  ];
  const request = { ...GET, protocol: "http2", method: "POST", path: "/", headers, body: "text" } as const;
  const { status } = await send({ host: "127.0.0.1", port: echo.port }, request);
  const [received] = echo.requests();
  expect(status).toBe(200);
  expect(valuesOf(received!.headers, "authorization")).toEqual(["one", `two${"x".repeat(300)}`, ""]);
  expect(valuesOf(received!.headers, "x-a")).toEqual(["1", "2"]);
  expect(received!.body.length).toBe(4);
});

describe("MessagePack", () => {
  const LONG = "x".repeat(40);

  // Octets by the specification's formats.
  it.each<[string, Packed]>([
    ["c0", null],
    ["c3", true],
    ["c2", false],
    ["7f", 127],
    ["e0", -32],
    ["cc80", 128],
    ["cd0100", 256],
    ["ce00010000", 65_536],
    ["cf0000000100000000", 4_294_967_296n],
    ["d080", -128],
    ["d1ff00", -256],
    ["d2ffff0000", -65_536],
    ["d3ffffffff00000000", -4_294_967_296n],
    ["ca3fc00000", 1.5],
    ["cb3ff8000000000000", 1.5],
    ["a3616263", "abc"],
    [`d928${Buffer.from(LONG).toString("hex")}`, LONG],
    [`da0028${Buffer.from(LONG).toString("hex")}`, LONG],
    ["c4020102", Buffer.from([1, 2])],
    ["d7000102030405060708", Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8])],
    ["92a16101", ["a", 1]],
    ["dc000201c0", [1, null]],
    ["81a16191a162", new Map([["a", ["b"]]])],
    ["de0001a16102", new Map([["a", 2]])],
  ])("reads %s, octet by octet", (hex, value) => {
    const octets = Buffer.from(hex, "hex");
    const unpacker = new Unpacker();
    const values = [...octets].flatMap((octet) => unpacker.push(Buffer.from([octet])));
    expect(values).toEqual([value]);
  });

  it("says what it does not read", () => {
    expect(() => new Unpacker().push(Buffer.from([0xc1]))).toThrow("0xc1 is no type that is read here");
  });
});

describe("the access log server", () => {
  it("takes entries as text, and waits for them", async () => {
    const log = await startAccessLog();
    closing.push(() => log.close());
    const socket = net.connect(log.port, "127.0.0.1");
    closing.push(() => Promise.resolve(socket.destroy()));
    // ["t", [[1, {"line": "x", "code": 200, "none": null}]]]
    const record = "83a46c696e65a178a4636f6465ccc8a46e6f6e65c0";
    socket.write(Buffer.from(`92a174919201${record}`, "hex"));
    const waited = log.waitFor("t", (all) => (all.length === 2 ? all : undefined), 5_000);
    socket.write(Buffer.from(`92a174919201${record}`, "hex"));
    const fields = { line: "x", code: "200", none: "-" };
    expect(await waited).toEqual([fields, fields]);
    expect(log.records("other")).toEqual([]);
    expect(await log.waitFor("other", (all) => all[0], 20)).toBeUndefined();
  });
});
