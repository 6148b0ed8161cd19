import { beforeAll, describe, expect, it } from "vitest";
import { type Plugin, type TcpConnection } from "../../harness/host/index.js";
import { clientHello } from "./client-hello.js";
import { cluster, filterModule, startFilter, verdict, verdicts } from "./filter.js";

// A port that is declared HTTP or TLS: what is not that is closed, and never goes to the cluster for the rest.

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

const ACTIONS = { http: { cluster: "policy" }, tls: { cluster: "tls" }, "*": { cluster: "rest" } };

function start(protocol: string, more: object = {}, detection: object = {}): Plugin {
  return startFilter(module, {
    declarations: [{ port: 80, protocol, ...more }],
    detection: { deadline: "1s", on_deadline: "pass", on_unknown: "pass", ...detection },
    actions: ACTIONS,
  });
}

const open = (plugin: Plugin): TcpConnection => plugin.tcp({ destination: "10.0.0.1:80" });

function expectClosed(connection: TcpConnection): void {
  expect(connection.closedBy).toBe("filter");
  expect(connection.upstreamBytes.length).toBe(0);
  expect(cluster(connection)).toBe(undefined);
}

const ATTACKS: Readonly<Record<string, string | Buffer>> = {
  "a leading CRLF": "\r\nGET /admin HTTP/1.1\r\nhost: a\r\n\r\n",
  "a leading LF": "\nGET /admin HTTP/1.1\r\nhost: a\r\n\r\n",
  "a leading blank": " GET /admin HTTP/1.1\r\nhost: a\r\n\r\n",
  "a trailing token": "GET /admin HTTP/1.1 x\r\nhost: a\r\n\r\n",
  "a line without end": `GET /${"a".repeat(70_000)}`,
  "a line of 70 KiB": `GET /${"a".repeat(70_000)} HTTP/1.1\r\n\r\n`,
  "a corrupt HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\x0cSM\r\n\r\n",
  "an unknown method": "EVIL /admin HTTP/1.1\r\nhost: a\r\n\r\n",
  "a method in lower case": "get /admin HTTP/1.1\r\nhost: a\r\n\r\n",
  "HTTP/0.9": "GET /admin\r\n",
  "HTTP/1.2": "GET /admin HTTP/1.2\r\n\r\n",
  "HTTP/2.0 in a request line": "GET /admin HTTP/2.0\r\n\r\n",
  "a ClientHello": clientHello({ serverName: "a.example" }),
  Redis: "*1\r\n$4\r\nPING\r\n",
};

describe.each(Object.entries(ATTACKS))("%s", (_, octets) => {
  it.each([1, 5, 4096, 8192, 100_000])(
    "on a port that is declared HTTP is closed, in segments of %i",
    (size) => {
      const plugin = start("http");
      const connection = open(plugin);
      for (let at = 0; at < octets.length && connection.closedBy === null; at += size) {
        connection.send(octets.slice(at, at + size));
      }
      if (connection.closedBy === null) connection.end();
      expectClosed(connection);
      expect(verdict(connection)).toMatch(/^unknown (unknown|cap|end-of-stream)$/);
    },
  );
});

it.each([
  ["http", "GET / HTTP/1.1\r\n", "http/1.1"],
  ["http", "GET / HTTP/1.0\r\n", "http/1.0"],
  ["http", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2"],
  ["grpc-web", "POST / HTTP/1.1\r\n", "http/1.1"],
  ["http/1.1", "GET / HTTP/1.1\r\n", "http/1.1"],
  ["http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2"],
  ["grpc", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "grpc"],
])("what is declared %s passes by policy", (protocol, octets, name) => {
  const plugin = start(protocol);
  const connection = open(plugin);
  connection.send(octets);
  expect(verdict(connection)).toBe(`${name} declared`);
  expect(cluster(connection)).toBe("policy");
  expect(verdicts(plugin, name, "declared", "routed")).toBe(1);
});

it.each([
  ["http/1.1", "GET / HTTP/1.0\r\n"],
  ["http/1.0", "GET / HTTP/1.1\r\n"],
  ["http/1.1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["http2", "GET / HTTP/1.1\r\n"],
  ["grpc", "GET / HTTP/1.1\r\n"],
  ["tls", "GET / HTTP/1.1\r\n"],
  ["https", "*1\r\n$4\r\nPING\r\n"],
])("what is declared %s and says %j is closed", (protocol, octets) => {
  const connection = open(start(protocol));
  connection.send(octets);
  expectClosed(connection);
});

it.each(["", "G", "GET / HTTP/1.1"])(
  "what has said %j by the deadline, or at its end, is closed",
  (octets) => {
    for (const finish of ["deadline", "end-of-stream"]) {
      const plugin = start("http");
      const connection = open(plugin);
      if (octets !== "") connection.send(octets);
      expect(connection.closedBy).toBe(null);
      if (finish === "deadline") plugin.advance(1_100);
      else connection.end();
      expectClosed(connection);
      expect(verdict(connection)).toBe(`unknown ${finish}`);
    }
  },
);

it("can be asked for of any protocol whose client speaks first", () => {
  const plugin = start("redis", { enforce: true });
  const redis = open(plugin);
  redis.send("*1\r\n$4\r\nPING\r\n");
  expect(verdict(redis)).toBe("redis declared");
  const http = open(plugin);
  http.send("GET / HTTP/1.1\r\n");
  expectClosed(http);
});

it("can be turned off, and the owner's word is taken", () => {
  const connection = open(start("http", { enforce: false }));
  expect(connection.held).toBe(false);
  expect(verdict(connection)).toBe("http declared");
  expect(cluster(connection)).toBe("policy");
});

it("closes in label mode too", () => {
  const plugin = startFilter(module, { mode: "label", declarations: [{ port: 80, protocol: "http" }] });
  const connection = open(plugin);
  connection.send("SSH-2.0-x\r\n");
  expectClosed(connection);
});

it("has its own limits", () => {
  const connection = open(start("http", { detect: { max_bytes: 10 } }));
  connection.send("GET / HTTP/1.1\r\n");
  expectClosed(connection);
  expect(verdict(connection)).toBe("unknown cap");
});
