import { beforeAll, describe, expect, it } from "vitest";
import { type Plugin, type TcpConnection } from "../../harness/host/index.js";
import { clientHello } from "./client-hello.js";
import { SAMPLES } from "./corpus.js";
import { cluster, filterModule, startFilter, verdict } from "./filter.js";

// A port whose HTTP goes through policy and whose other protocols go straight to the same service: what that service might
// take for a request goes through policy too, or nowhere. The servers named are those that were seen to.

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

const ACTIONS = { http: { cluster: "policy" }, "*": { cluster: "raw" } };
const start = (more: object = {}, actions: object = ACTIONS): Plugin =>
  startFilter(module, { detection: more, actions });

/** Sends in segments of a size, and ends. */
function sendIn(plugin: Plugin, octets: string | Buffer, size: number): TcpConnection {
  const connection = plugin.tcp();
  for (let at = 0; at < octets.length && connection.closedBy === null; at += size) {
    connection.send(Buffer.from(octets.slice(at, at + size) as string, "latin1"));
  }
  if (connection.closedBy === null) connection.end();
  return connection;
}

function expectClosed(connection: TcpConnection): void {
  expect(connection.closedBy).toBe("filter");
  expect(connection.upstreamBytes.length).toBe(0);
  expect(cluster(connection)).toBe(undefined);
}

const REQUEST = "GET /admin HTTP/1.1\r\nhost: a\r\n\r\n";
const line = (text: string): string => `${text}\r\nhost: a\r\n\r\n`;

const REQUESTS: Readonly<Record<string, string | Buffer>> = {
  "an empty line before (Node)": `\r\n${REQUEST}`,
  "a line feed before": `\n${REQUEST}`,
  "a blank before (Python)": ` ${REQUEST}`,
  "a tab between (Python)": line("GET\t/admin HTTP/1.1"),
  "a vertical tab between (Python)": line("GET /admin\vHTTP/1.1"),
  "a blank behind (Python)": line("GET /admin HTTP/1.1 "),
  "a token behind": line("GET /admin HTTP/1.1 x"),
  "HTTP/0.9 (Python)": "GET /admin\r\n",
  "HTTP/1.2 (Go)": line("GET /admin HTTP/1.2"),
  "HTTP/2.0 in a line": line("GET /admin HTTP/2.0"),
  "a method of its own (Go)": line("EVIL /admin HTTP/1.1"),
  "a method in small letters (Go)": line("post /admin HTTP/1.1"),
  "a method of 9,000 octets (Go)": line(`${"A".repeat(9_000)} /admin HTTP/1.1`),
  "a line of 9,000 octets": line(`GET /admin?${"a".repeat(9_000)} HTTP/1.1`),
  "a line that continues": line("GET\r\n /admin HTTP/1.1"),
  "a lone CR": "GET /admin HTTP/1.1\rhost: a\r\r",
  "a preface that breaks off": `PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n${REQUEST}`,
  "a preface that is late": `\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
  "a PROXY header": `PROXY TCP4 192.0.2.1 10.0.0.1 1 80\r\n${REQUEST}`,
  "an end without a line end": "GET /admin HTTP/1.1",
  "SMTP (Go)": line("EHLO /admin HTTP/1.1"),
  "SMTP in small letters (Go)": line("helo /admin HTTP/1.1"),
  "SSH (Go)": line("SSH-2.0- /admin HTTP/1.1"),
  "SSH 1 (Go)": line("SSH-1.9 /admin HTTP/1.1"),
  "ZooKeeper (Go)": line("ruok /admin HTTP/1.1"),
  "memcached (Go)": line("get /admin HTTP/1.1"),
  "git (Go)": line("0032git-upload-pack /admin HTTP/1.1"),
  "RTSP (Node)": line("DESCRIBE /admin RTSP/1.0"),
  "RTSP, and HTTP behind it (Node)": line("OPTIONS * RTSP/1.0") + REQUEST,
  SIP: line("INVITE /admin SIP/2.0"),
  NATS: line("CONNECT {admin HTTP/1.1"),
};

const SIZES = [1, 2, 3, 7, 4096, 100_000];

describe.each(Object.entries(REQUESTS))("a request with %s", (_, octets) => {
  it("goes nowhere by default, in any segments", () => {
    const plugin = start();
    for (const size of SIZES) expectClosed(sendIn(plugin, octets, size));
  });

  it("goes where the unknown goes, if that is said", () => {
    const plugin = start({}, { ...ACTIONS, unknown: { cluster: "quarantine" } });
    for (const size of SIZES) expect(cluster(sendIn(plugin, octets, size))).toBe("quarantine");
    const close = start({}, { ...ACTIONS, unknown: { close: true } });
    expectClosed(sendIn(close, octets, 100_000));
  });

  it("goes with the rest if on_unknown is told to pass", () => {
    expect(cluster(sendIn(start({ on_unknown: "pass" }), octets, 100_000))).toBe("raw");
  });
});

it("lets what is HTTP to the octet through policy, however odd what follows", () => {
  const plugin = start();
  for (const octets of [
    REQUEST,
    REQUEST + REQUEST,
    "GET /admin HTTP/1.1\nhost: a\n\n",
    line("GET  /admin   HTTP/1.1"),
    line("GET http://a/admin HTTP/1.1"),
    line("CONNECT a:443 HTTP/1.1"),
    line("OPTIONS * HTTP/1.1"),
    "GET /admin HTTP/1.1\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\r\n" + REQUEST,
  ]) {
    for (const size of SIZES) expect(cluster(sendIn(plugin, octets, size))).toBe("policy");
  }
});

describe("other protocols", () => {
  it.each([
    ["SSH", "SSH-2.0-OpenSSH_9.9\r\n", "ssh detected", "ssh"],
    ["ZooKeeper", "ruok", "zookeeper detected", "zookeeper"],
    ["memcached", "get a\r\n", "memcached detected", "memcached"],
  ])("that begin as a request may, %s, need an action of their own", (_, octets, expected, name) => {
    const closed = sendIn(start(), octets, 100);
    expectClosed(closed);
    expect(verdict(closed)).toBe(expected);
    const named = start({}, { ...ACTIONS, [name]: { cluster: "bastion" } });
    expect(cluster(sendIn(named, octets, 100))).toBe("bastion");
  });

  it.each([
    ["Redis", "*1\r\n$4\r\nPING\r\n"],
    ["TLS", clientHello({ serverName: "a.example" })],
    ["MQTT", Buffer.from("100c00044d5154540402003c0000", "hex")],
  ])("that cannot be a request, %s, go with the rest", (_, octets) => {
    expect(cluster(sendIn(start(), octets, 100))).toBe("raw");
  });

  it("all go with the rest where HTTP has no action of its own, or is not looked for", () => {
    for (const plugin of [
      start({}, { "*": { cluster: "raw" } }),
      start({ protocols: ["ssh", "redis"] }),
      startFilter(module, {
        declarations: [{ port: 1, protocol: "auto" }],
        actions: { "*": { cluster: "raw" } },
      }),
    ]) {
      const octets = "SSH-2.0-OpenSSH_9.9\r\n";
      for (const text of [octets, "what is this?\r\n"]) {
        const connection = plugin.tcp({ destination: "10.0.0.1:1" });
        connection.send(text);
        expect(cluster(connection)).toBe("raw");
      }
    }
  });

  it("are guarded where a port is declared auto, with nothing said of detection", () => {
    const plugin = startFilter(module, { declarations: [{ port: 1, protocol: "auto" }], actions: ACTIONS });
    for (const text of ["ruok /admin HTTP/1.1\r\n", "EVIL /admin HTTP/1.1\r\n"]) {
      const connection = plugin.tcp({ destination: "10.0.0.1:1" });
      connection.send(text);
      expectClosed(connection);
    }
  });
});

it("lets nothing that is a request line by RFC 9112 through to the rest, whatever words it begins with", () => {
  const plugin = start();
  let seed = 11;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  // Words that protocols begin with, as far as methods may.
  const words = SAMPLES.map(
    ({ octets }) => /^[!#-'*+.^_`|~\w-]+/.exec(octets.toString("latin1"))?.[0],
  ).filter((word) => word !== undefined);
  expect(new Set(words).size).toBeGreaterThan(30);
  const method = (): string => {
    const word = pick(words);
    const token = Array.from({ length: 1 + random(8) }, () => pick([...TOKEN])).join("");
    return pick([word, token, word + token, word.slice(0, 1 + random(word.length)), word.toLowerCase()]);
  };
  const target = (): string => pick(["/admin", "/", "*", "http://a/admin", "/a?b", "a:1", "{", "/0", "0"]);
  const version = (): string => pick(["HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "RTSP/1.0", "SIP/2.0"]);
  const clusters = new Map<string | undefined, number>();
  for (let round = 0; round < 20_000; round++) {
    const octets = line(`${method()}${pick([" ", " ", "  "])}${target()}${pick([" ", "  "])}${version()}`);
    const connection = sendIn(plugin, octets, 1 + random(octets.length));
    const where = cluster(connection);
    if (where === "raw") throw new Error(`${JSON.stringify(octets)} is ${verdict(connection)}`);
    clusters.set(where, (clusters.get(where) ?? 0) + 1);
    connection.reset();
  }
  expect(clusters.get("policy")).toBeGreaterThan(100);
  expect(clusters.get(undefined)).toBeGreaterThan(10_000);
});
