import { createHash } from "node:crypto";
import { once } from "node:events";
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import net from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startEcho, type EchoRequest, type EchoServer } from "../../harness/upstream/index.js";

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEcho({ bodyLimit: 1000 });
});
afterAll(() => echo.close());
beforeEach(() => echo.clear());

interface Answer {
  response: IncomingMessage;
  body: Buffer;
}

async function get(
  headers: RequestOptions["headers"] = {},
  options: RequestOptions = {},
  body = "",
): Promise<Answer> {
  const request = http.request({ port: echo.port, host: "127.0.0.1", agent: false, headers, ...options });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { response, body: Buffer.concat(chunks) };
}

/** Sends bytes as they are and reads until the server closes. */
async function raw(bytes: string): Promise<string> {
  const socket = net.connect(echo.port, "127.0.0.1");
  socket.write(Buffer.from(bytes, "latin1"));
  let seen = "";
  socket.on("data", (chunk: Buffer) => (seen += chunk.toString("latin1")));
  await once(socket, "close");
  return seen;
}

function parse(answer: string | Buffer): EchoRequest {
  const text = typeof answer === "string" ? answer : answer.toString();
  return JSON.parse(text.slice(text.indexOf("{"))) as EchoRequest;
}

describe("what the report says of HTTP/1", () => {
  test("case, order, duplicates and octets of headers", async () => {
    const answer = await raw(
      "GET /a%20b?c=%ff HTTP/1.1\r\nHost: h\r\nX-B: 1\r\nx-a: \xff\xfe\r\nX-B: 2\r\nConnection: close\r\n\r\n",
    );
    const report = parse(Buffer.from(answer, "latin1").toString());
    expect(report).toMatchObject({
      method: "GET",
      path: "/a%20b?c=%ff",
      protocol: "HTTP/1.1",
      complete: true,
    });
    expect(report.headers).toEqual([
      ["Host", "h"],
      ["X-B", "1"],
      ["x-a", "\xff\xfe"],
      ["X-B", "2"],
      ["Connection", "close"],
    ]);
  });

  test("body and trailers of a chunked request", async () => {
    const answer = await raw(
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\x00\xff\r\n0\r\nX-T: 1\r\nX-T: 2\r\n\r\n",
    );
    const body = Buffer.from("a\x00\xff", "latin1");
    expect(parse(answer)).toMatchObject({
      body: {
        length: 3,
        base64: body.toString("base64"),
        sha256: createHash("sha256").update(body).digest("hex"),
      },
      trailers: [
        ["X-T", "1"],
        ["X-T", "2"],
      ],
    });
  });

  test("a body above the limit as length and hash only", async () => {
    const body = "y".repeat(100_000);
    const answer = await get({}, { method: "POST" }, body);
    expect(parse(answer.body).body).toEqual({
      length: 100_000,
      sha256: createHash("sha256").update(body).digest("hex"),
      base64: null,
    });
  });

  test("a request in HTTP/1.0 without a host", async () => {
    expect(parse(await raw("GET / HTTP/1.0\r\n\r\n"))).toMatchObject({ protocol: "HTTP/1.0", headers: [] });
  });

  test("a request line that arrives octet by octet and begins as the HTTP/2 preface does", async () => {
    const socket = net.connect(echo.port, "127.0.0.1").setNoDelay(true);
    for (const octet of "PRI") await new Promise((sent) => socket.write(octet, sent));
    socket.write("NT / HTTP/1.1\r\nHost: h\r\n\r\n");
    const [bytes] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    // Node knows no PRINT method; what matters is that HTTP/1 answered.
    expect(bytes.toString()).toMatch(/^HTTP\/1\.1 400/);
  });
});

describe("answers on demand", () => {
  test("status, repeated headers with octets, fixed body", async () => {
    const { response, body } = await get({
      "x-echo-status": "418",
      "x-echo-header": ["Set-Cookie: a=1", "set-cookie: b=\xe9", "x-empty:"],
      "x-echo-body": "short \xe9",
    });
    expect(response.statusCode).toBe(418);
    expect(response.rawHeaders.slice(0, 8)).toEqual([
      ...["content-length", "7", "Set-Cookie", "a=1", "set-cookie", "b=\xe9", "x-empty", ""],
    ]);
    expect(body.toString("latin1")).toBe("short \xe9");
  });

  test("chunks and trailers", async () => {
    const { response, body } = await get({ "x-echo-chunks": "3x1000", "x-echo-trailer": "x-end: yes" });
    expect(response.headers["transfer-encoding"]).toBe("chunked");
    expect(body.length).toBe(3000);
    expect(response.rawTrailers).toEqual(["x-end", "yes"]);
  });

  test("a report with trailers", async () => {
    const { response, body } = await get({ "x-echo-trailer": "x-end: yes" });
    expect(parse(body).complete).toBe(true);
    expect(response.rawTrailers).toEqual(["x-end", "yes"]);
  });

  test("HEAD and 204 without a body", async () => {
    const head = await get({}, { method: "HEAD" });
    expect(Number(head.response.headers["content-length"])).toBeGreaterThan(50);
    const none = await get({ "x-echo-status": "204" });
    expect([none.response.statusCode, none.body.length, none.response.headers["content-length"]]).toEqual([
      ...[204, 0, undefined],
    ]);
  });

  test("an answer before the request's body has ended", async () => {
    const request = http.request({
      port: echo.port,
      method: "POST",
      headers: { "x-echo-early": 1, "x-echo-body": "no" },
    });
    request.write("first");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.headers["content-length"]).toBe("2");
    expect(echo.requests()[0]?.complete).toBe(false);
    request.end("rest");
    await echo.waitFor((got) => got.complete && got.body.length === 9, "the rest of the body");
    response.resume();
  });

  test("delays, in order", async () => {
    const start = performance.now();
    await get({ "x-echo-delay-ms": "60", "x-echo-chunk-delay-ms": "60", "x-echo-chunks": "2x1" });
    expect(performance.now() - start).toBeGreaterThan(110);
  });

  test.each([
    ["x-echo-status", "teapot"],
    ["x-echo-statsu", "200"],
    ["x-echo-chunks", "1x99999999"],
    ["x-echo-header", "no colon"],
    ["x-echo-header", "bad name: x"],
    ["x-echo-abort", "maybe"],
    ["x-echo-early", "1"],
  ])("400 for %s: %s", async (name, value) => {
    const { response, body } = await get({ [name]: value });
    expect(response.statusCode).toBe(400);
    expect(body.toString()).toContain(name);
  });
});

describe("broken answers", () => {
  test.each([
    ["close", "aborted"],
    ["reset", "ECONNRESET|aborted"],
  ])("%s in the middle of a fixed body", async (how, code) => {
    const failed = get({ "x-echo-abort": how, "x-echo-body": "0123456789" });
    await expect(failed).rejects.toThrow(new RegExp(code));
  });

  test("a reset instead of headers", async () => {
    await expect(get({ "x-echo-abort": "reset", "x-echo-abort-after": "-1" })).rejects.toThrow("ECONNRESET");
  });

  test("a close after two of three chunks", async () => {
    const answer = await raw(
      "GET / HTTP/1.1\r\nHost: h\r\nx-echo-chunks: 3x4\r\nx-echo-abort: close\r\nx-echo-abort-after: 2\r\n\r\n",
    );
    expect(answer).toMatch(/4\r\nxxxx\r\n4\r\nxxxx\r\n$/);
  });
});

describe("the record", () => {
  test("keeps a request that broke off as incomplete", async () => {
    const socket = net.connect(echo.port, "127.0.0.1");
    socket.write("POST /half HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345");
    await echo.waitFor((got) => got.path === "/half", "the first half");
    socket.destroy();
    const got = await echo.waitFor((request) => request.body.length === 5, "five bytes");
    expect(got.complete).toBe(false);
  });

  test("says what came when the awaited request does not", async () => {
    await get({}, { path: "/other" });
    await expect(echo.waitFor((got) => got.path === "/never", "GET /never", 50)).rejects.toThrow(
      "the upstream never received GET /never; it received: GET /other",
    );
  });

  test("is bounded", async () => {
    const small = await startEcho({ recordLimit: 2 });
    for (const path of ["/1", "/2", "/3", "/4", "/5"]) {
      await get({}, { port: small.port, path });
    }
    expect(small.requests().map((request) => request.path)).toEqual(["/4", "/5"]);
    expect(small.total).toBe(5);
    await small.close();
  });

  test("outlives a client that leaves before a late answer", async () => {
    const socket = net.connect(echo.port, "127.0.0.1");
    socket.write("GET /late HTTP/1.1\r\nHost: h\r\nx-echo-delay-ms: 100000\r\n\r\n");
    await echo.waitFor((got) => got.path === "/late", "GET /late");
    socket.destroy();
    expect((await get()).response.statusCode).toBe(200);
  });
});

describe("HTTP/2 on the same port", () => {
  let session: ClientHttp2Session;
  beforeAll(() => {
    session = http2.connect(`http://127.0.0.1:${echo.port}`);
  });
  afterAll(() => session.close());

  async function ask(
    headers: http2.OutgoingHttpHeaders,
    body?: string,
    trailers?: http2.OutgoingHttpHeaders,
  ) {
    const stream = session.request(
      { ":path": "/", ...headers },
      { waitForTrailers: trailers !== undefined, endStream: false },
    );
    if (trailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(body);
    let got: IncomingHttpHeaders = {};
    stream.on("trailers", (received: IncomingHttpHeaders) => (got = received));
    const [response] = (await once(stream, "response")) as [IncomingHttpHeaders];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { response, body: Buffer.concat(chunks), trailers: got };
  }

  test("reports pseudo headers, duplicates, octets, body and trailers", async () => {
    const { body } = await ask({ ":method": "POST", ":path": "/h2?x", "x-a": ["1", "\xff"] }, "hello", {
      "x-end": "t",
    });
    const report = parse(body);
    expect(report).toMatchObject({
      method: "POST",
      path: "/h2?x",
      protocol: "HTTP/2",
      body: { length: 5 },
      trailers: [["x-end", "t"]],
      complete: true,
    });
    expect(report.headers).toEqual(
      expect.arrayContaining([
        [":method", "POST"],
        [":scheme", "http"],
        ["x-a", "1"],
        ["x-a", "\xff"],
      ]),
    );
  });

  test("sends status, headers, chunks and trailers", async () => {
    const { response, body, trailers } = await ask({
      "x-echo-status": "503",
      "x-echo-header": ["Set-Cookie: a", "Set-Cookie: b"],
      "x-echo-trailer": "grpc-status: 0",
      "x-echo-chunks": "2x70000",
    });
    expect(response).toMatchObject({ ":status": 503, "set-cookie": ["a", "b"] });
    expect(body.length).toBe(140_000);
    expect(trailers).toMatchObject({ "grpc-status": "0" });
  });

  test("resets one stream and leaves the connection", async () => {
    await expect(ask({ "x-echo-chunks": "3x10", "x-echo-abort": "reset" })).rejects.toThrow(
      "NGHTTP2_INTERNAL_ERROR",
    );
    expect((await ask({})).response[":status"]).toBe(200);
  });

  test("a response that HTTP/2 forbids is a reset, not a crash", async () => {
    await expect(ask({ "x-echo-header": "connection: close" })).rejects.toThrow("NGHTTP2_INTERNAL_ERROR");
  });
});
