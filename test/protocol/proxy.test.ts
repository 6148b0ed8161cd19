import { beforeAll, describe, expect, it } from "vitest";
import { type Plugin, type TcpConnection } from "../../harness/host/index.js";
import { filterModule, label, startFilter, verdict } from "./filter.js";

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

const GET = "GET / HTTP/1.1\r\n";
const V1 = "PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\n";
const V1_V6 = "PROXY TCP6 2001:db8::1 fd00::1 4711 80\r\n";
const V1_UNKNOWN = "PROXY UNKNOWN\r\n";

function v2(command: number, family: number, body: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length);
  return Buffer.concat([
    Buffer.from("0d0a0d0a000d0a515549540a", "hex"),
    Buffer.from([command, family]),
    length,
    body,
  ]);
}

const ADDRESSES = Buffer.from("c00002010a0000011267" + "0050", "hex");
const V2 = v2(0x21, 0x11, ADDRESSES);
const V2_V6 = v2(
  0x21,
  0x21,
  Buffer.from("20010db8000000000000000000000001fd000000000000000000000000000001" + "12670050", "hex"),
);
const V2_LOCAL = v2(0x20, 0, Buffer.alloc(0));
/** Families without a transport: nothing is said of addresses. */
const V2_BARE = [0x10, 0x20].map((family) => v2(0x21, family, Buffer.alloc(0)));
/** As long as any may be: its length is known long before its end. */
const V2_LONGEST = v2(0x21, 0x11, Buffer.concat([ADDRESSES, Buffer.alloc(4096 - 16 - 12, 4)]));
const V2_TLV = v2(0x21, 0x11, Buffer.concat([ADDRESSES, Buffer.from("04000a00000000000000000000", "hex")]));

function start(more: object = {}): Plugin {
  return startFilter(module, {
    declarations: [
      { port: 80, protocol: "http", proxy_protocol: true, ...more },
      { port: 3306, protocol: "mysql", proxy_protocol: true, ...more },
      { port: 8080, protocol: "http", ...((more as { detect?: object }).detect && { detect: {} }) },
    ],
    detection: { deadline: "1s" },
  });
}

const open = (plugin: Plugin, port = 80): TcpConnection => plugin.tcp({ destination: `10.0.0.1:${port}` });

/** Sends in segments of a size, and as one. */
function sendIn(connection: TcpConnection, octets: Buffer, size: number): void {
  for (let at = 0; at < octets.length && connection.closedBy === null; at += size) {
    connection.send(octets.subarray(at, at + size));
  }
}

const HEADERS: [string, string | Buffer, string | undefined][] = [
  ["version 1", V1, "192.0.2.1:4711"],
  ["version 1 of IPv6", V1_V6, "[2001:db8::1]:4711"],
  ["version 1 of unknown origin", V1_UNKNOWN, undefined],
  ["version 1 of unknown origin and more", "PROXY UNKNOWN a b c\r\n", undefined],
  ["version 2", V2, "192.0.2.1:4711"],
  ["version 2 of IPv6", V2_V6, "[2001:db8:0:0:0:0:0:1]:4711"],
  ["version 2, local", V2_LOCAL, undefined],
  ["version 2 with extensions", V2_TLV, "192.0.2.1:4711"],
  ["version 2 with as many extensions as are taken", V2_LONGEST, "192.0.2.1:4711"],
  ["version 2 of IPv4 without a transport", V2_BARE[0]!, undefined],
  ["version 2 of IPv6 without a transport", V2_BARE[1]!, undefined],
];

it.each(HEADERS)("%s is taken out, and what follows is examined", (_, header, source) => {
  for (const size of [1, 13, 1000]) {
    const connection = open(start());
    sendIn(connection, Buffer.concat([Buffer.from(header), Buffer.from(GET)]), size);
    expect(verdict(connection)).toBe("http/1.1 declared");
    expect(connection.upstreamText).toBe(GET);
    expect(label(connection, "proxy_source")).toBe(source);
  }
});

it.each(HEADERS)("%s is passed on where that is wanted", (_, header) => {
  for (const size of [1, 13, 1000]) {
    const connection = open(start({ pass_proxy_protocol: true }));
    const all = Buffer.concat([Buffer.from(header), Buffer.from(GET)]);
    sendIn(connection, all, size);
    expect(verdict(connection)).toBe("http/1.1 declared");
    expect(Buffer.from(connection.upstreamBytes)).toEqual(all);
  }
});

it("goes in front of a server that speaks first, too", () => {
  const connection = open(start(), 3306);
  expect(connection.held).toBe(true);
  connection.send(V1);
  expect(connection.held).toBe(false);
  expect(verdict(connection)).toBe("mysql declared");
  expect(connection.upstreamText).toBe("");
  connection.respond("greeting");
  expect(connection.clientText).toBe("greeting");
});

it.each<[string, string | Buffer]>([
  ["none", GET],
  ["a second one", Buffer.concat([Buffer.from(V1), V2, Buffer.from(GET)])],
  ["a second one of version 1", V1 + V1 + GET],
  ["no port", "PROXY TCP4 192.0.2.1 10.0.0.1 4711\r\n" + GET],
  ["too large a port", "PROXY TCP4 192.0.2.1 10.0.0.1 65536 80\r\n" + GET],
  ["an address of the other family", "PROXY TCP4 2001:db8::1 10.0.0.1 4711 80\r\n" + GET],
  ["one field too many", "PROXY TCP4 192.0.2.1 10.0.0.1 4711 80 90\r\n" + GET],
  ["two blanks", "PROXY  TCP4 192.0.2.1 10.0.0.1 4711 80\r\n" + GET],
  ["no such family", "PROXY UDP4 192.0.2.1 10.0.0.1 4711 80\r\n" + GET],
  ["no such unknown", "PROXY UNKNOWNS\r\n" + GET],
  ["no end", `PROXY UNKNOWN ${"a".repeat(200)}`],
  ["another version", v2(0x31, 0x11, ADDRESSES)],
  ["no such command", v2(0x22, 0x11, ADDRESSES)],
  ["addresses that are too short", v2(0x21, 0x11, ADDRESSES.subarray(1))],
  ["more than is taken", v2(0x21, 0x11, Buffer.alloc(5000))],
  ["one octet more than is taken", v2(0x21, 0x11, Buffer.alloc(4096 - 16 + 1))],
])("with %s the connection is closed", (_, octets) => {
  for (const size of [1, 13, 10_000]) {
    const connection = open(start());
    sendIn(connection, Buffer.from(octets), size);
    expect(connection.closedBy).toBe("filter");
    expect(connection.upstreamBytes.length).toBe(0);
  }
});

it("is waited for no longer than the deadline, and never guessed", () => {
  for (const port of [80, 3306]) {
    const plugin = start();
    const connection = open(plugin, port);
    connection.send("PROXY TCP4 192");
    plugin.advance(1_100);
    expect(connection.closedBy).toBe("filter");
    expect(plugin.counter("protocol_detection.proxy_refused")).toBe(1);
  }
  const plugin = start();
  const ended = open(plugin);
  ended.send("PROXY TCP4 192");
  ended.end();
  expect(ended.closedBy).toBe("filter");
});

describe("where no deadline is configured", () => {
  const declarations = [80, 3306].map((port) => ({
    port,
    protocol: port === 80 ? "http" : "mysql",
    proxy_protocol: true,
  }));

  it("is waited for 15 seconds", () => {
    for (const port of [80, 3306]) {
      const plugin = startFilter(module, { declarations });
      const silent = open(plugin, port);
      const slow = open(plugin, port);
      slow.send("PROXY TCP4 192");
      plugin.advance(14_990);
      expect([silent.closedBy, slow.closedBy]).toEqual([null, null]);
      plugin.advance(20);
      expect([silent.closedBy, slow.closedBy]).toEqual(["filter", "filter"]);
      expect(plugin.counter("protocol_detection.proxy_refused")).toBe(2);
      expect(plugin.tickPeriodMs).toBe(0);
    }
  });

  it("leaves as much time as there is to what follows", () => {
    const plugin = startFilter(module, { declarations });
    const [first, second] = [open(plugin), open(plugin)];
    first.send(V1);
    expect(plugin.tickPeriodMs).toBeGreaterThan(0);
    second.send(V1);
    plugin.advance(3_600_000);
    expect(plugin.tickPeriodMs).toBe(0);
    expect(first.held).toBe(true);
    first.send(GET);
    expect(verdict(first)).toBe("http/1.1 declared");
    second.reset();
    expect(plugin.gauge("protocol_detection.pending")).toBe(0);
  });

  it("is waited for as long as it takes where the configuration says so", () => {
    for (const configuration of [
      { declarations, detection: { deadline: "0s" } },
      { declarations: declarations.map((one) => ({ ...one, detect: { deadline: "0s" } })) },
    ]) {
      const plugin = startFilter(module, configuration);
      const connection = open(plugin);
      plugin.advance(3_600_000);
      expect(connection.held).toBe(true);
      expect(plugin.tickPeriodMs).toBe(0);
    }
  });
});

it("is nothing special where it is not declared", () => {
  for (const header of [Buffer.from(V1), V2]) {
    const connection = open(start(), 8080);
    connection.send(Buffer.concat([header, Buffer.from(GET)]));
    expect(connection.closedBy).toBe("filter");
    expect(label(connection, "proxy_source")).toBe(undefined);
  }
});

it("never traps, and never loses or doubles an octet, whatever comes instead", () => {
  const headers = HEADERS.map(([, header]) => Buffer.from(header));
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const plugin = start();
  const seen = { passed: 0, closed: 0 };
  for (let round = 0; round < 8_000; round++) {
    const header = Buffer.from(headers[random(headers.length)]!);
    for (let changes = random(3); changes > 0; changes--) header[random(header.length)] = random(256);
    const all = Buffer.concat([
      header.subarray(0, random(4) === 0 ? random(header.length) : undefined),
      Buffer.from(GET),
    ]);
    const connection = open(plugin, random(2) === 0 ? 80 : 3306);
    sendIn(connection, all, 1 + random(60));
    connection.end();
    if (connection.closedBy === "filter") {
      expect(connection.upstreamBytes.length).toBe(0);
      seen.closed++;
      continue;
    }
    // What is left is an end of what was sent.
    const passed = Buffer.from(connection.upstreamBytes);
    expect(passed).toEqual(all.subarray(all.length - passed.length));
    seen.passed++;
    connection.reset();
  }
  expect(plugin.trap).toBe(null);
  expect(seen.passed).toBeGreaterThan(500);
  expect(seen.closed).toBeGreaterThan(1_000);
});
