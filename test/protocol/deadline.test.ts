import { beforeAll, expect, it } from "vitest";
import { type Plugin, type TcpConnection } from "../../harness/host/index.js";
import { clientHello } from "./client-hello.js";
import { cluster, filterModule, startFilter, verdict, verdicts } from "./filter.js";

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

const start = (configuration: object): Plugin => startFilter(module, configuration);
const GET = "GET / HTTP/1.1\r\n";

it("lets a silent connection go, and nothing changes that any more", () => {
  const plugin = start({
    detection: { protocols: ["redis"], deadline: "0.5s" },
    actions: { redis: { cluster: "cache" }, "*": { cluster: "rest" } },
  });
  const connection = plugin.tcp();
  plugin.advance(490);
  expect(connection.held).toBe(true);
  plugin.advance(20);
  expect(connection.held).toBe(false);
  expect(verdict(connection)).toBe("unknown deadline");
  expect(cluster(connection)).toBe("rest");
  connection.respond("banner");
  expect(connection.clientText).toBe("banner");
  connection.send("*1\r\n$4\r\nPING\r\n");
  expect(verdict(connection)).toBe("unknown deadline");
  expect(cluster(connection)).toBe("rest");
  expect(verdicts(plugin, "unknown", "deadline", "routed")).toBe(1);
});

it("passes on what has been sent so far", () => {
  const plugin = start({ detection: { deadline: "1s" } });
  const connection = plugin.tcp();
  connection.send("GET / ");
  plugin.advance(1_100);
  expect(connection.upstreamText).toBe("GET / ");
  connection.send("HTTP/1.1\r\n");
  expect(connection.upstreamText).toBe(GET);
  expect(verdict(connection)).toBe("unknown deadline");
});

it.each([
  // Where HTTP goes elsewhere than the rest, lateness must not be a way around that.
  [{ actions: { http: { cluster: "web" } } }, true],
  [{ actions: { "http/1.1": { cluster: "web" } } }, true],
  [{ actions: { grpc: { cluster: "web" } } }, true],
  [{ actions: { redis: { cluster: "cache" } } }, false],
  [{ actions: { "*": { cluster: "rest" } } }, false],
  [{}, false],
  [{ actions: { http: { cluster: "web" } }, detection: { protocols: ["redis"] } }, false],
  [{ actions: { http: { cluster: "web" } }, detection: { on_deadline: "pass" } }, false],
  [{ detection: { on_deadline: "close" } }, true],
])("closes what is late by default where HTTP has an action: %j", (configuration, closes) => {
  const detection = { deadline: "1s", ...("detection" in configuration ? configuration.detection : {}) };
  const plugin = start({ ...configuration, detection });
  const connection = plugin.tcp();
  plugin.advance(1_100);
  expect(connection.closedBy).toBe(closes ? "filter" : null);
  expect(connection.held).toBe(false);
});

it("leaves TLS what it is while its ClientHello is waited for, with the action of tls itself", () => {
  const hello = clientHello({ serverName: "a.example", alpn: ["h2"] });
  const closed = { close: true, routes: [{ server_names: ["a.example"], cluster: "named" }] };
  for (const [tls, where] of [
    [closed, undefined],
    [{ ...closed, close: undefined, cluster: "strict" }, "strict"],
  ] as const) {
    const plugin = start({ detection: { deadline: "1s" }, actions: { tls, "*": { cluster: "rest" } } });
    const connection = plugin.tcp();
    connection.send(hello.subarray(0, hello.length - 1));
    plugin.advance(1_100);
    expect(verdict(connection)).toBe("tls deadline");
    expect(cluster(connection)).toBe(where);
    expect(connection.closedBy).toBe(where === undefined ? "filter" : null);
  }
});

it("is none unless it is configured", () => {
  const plugin = start({ detection: {} });
  const connection = plugin.tcp();
  expect(plugin.tickPeriodMs).toBe(0);
  plugin.advance(3_600_000);
  expect(connection.held).toBe(true);
});

it("is each connection's own, and each configuration's", () => {
  const plugin = start({
    detection: { deadline: "1s" },
    declarations: [
      { port: 1, protocol: "auto", detect: { deadline: "0.1s" } },
      { port: 2, protocol: "auto", detect: { deadline: "0s" } },
      { port: 3, protocol: "auto", detect: { deadline: "0.0001s" } },
    ],
  });
  const to = (port: number): TcpConnection => plugin.tcp({ destination: `10.0.0.1:${port}` });
  const first = to(80);
  const quick = to(1);
  const never = to(2);
  const soonest = to(3);
  plugin.advance(6);
  expect(soonest.held).toBe(false);
  const later = to(80);
  const held = (): boolean[] => [first, quick, later, never].map((connection) => connection.held);
  plugin.advance(50);
  expect(held()).toEqual([true, true, true, true]);
  plugin.advance(50);
  expect(held()).toEqual([true, false, true, true]);
  plugin.advance(895);
  expect(held()).toEqual([false, false, true, true]);
  plugin.advance(10);
  expect(held()).toEqual([false, false, false, true]);
  expect(plugin.tickPeriodMs).toBe(0);
});

it("leaves out those that are settled or gone", () => {
  const plugin = start({ detection: { protocols: ["http"], deadline: "1s" } });
  const [first, second, third, fourth] = [plugin.tcp(), plugin.tcp(), plugin.tcp(), plugin.tcp()];
  second.send(GET);
  fourth.reset();
  first.send("G");
  plugin.advance(1_100);
  expect(verdict(first)).toBe("unknown deadline");
  expect(verdict(second)).toBe("http/1.1 detected");
  expect(verdict(third)).toBe("unknown deadline");
  expect(verdicts(plugin, "unknown", "deadline", "passed")).toBe(2);
  expect(plugin.gauge("protocol_detection.pending")).toBe(0);
});

/** Connections that send one octet and wait. */
function slowOnes(plugin: Plugin, count: number): TcpConnection[] {
  return Array.from({ length: count }, () => {
    const connection = plugin.tcp();
    connection.send("G");
    return connection;
  });
}

it("is kept for ten thousand slow connections, while others are served", () => {
  const plugin = start({ detection: { deadline: "5s" } });
  const slow = slowOnes(plugin, 10_000);
  // Pages of 64 KiB: less than a KiB for each connection.
  expect(plugin.memoryPages).toBeLessThan(160);
  const quick = plugin.tcp();
  quick.send(GET);
  expect(verdict(quick)).toBe("http/1.1 detected");
  plugin.advance(4_900);
  expect(slow.every((connection) => connection.held)).toBe(true);
  // A tick settles so many at most, the next ones follow at once.
  plugin.advance(110);
  expect(slow.some((connection) => connection.held)).toBe(true);
  plugin.advance(400);
  expect(slow.some((connection) => connection.held)).toBe(false);
  expect(verdicts(plugin, "unknown", "deadline", "passed")).toBe(10_000);
  expect(plugin.gauge("protocol_detection.pending")).toBe(0);
});

it("is kept by 256 at most in one tick, the oldest first, over all deadlines", () => {
  const plugin = start({
    detection: { deadline: "1s" },
    declarations: [{ port: 1, protocol: "auto", detect: { deadline: "0.5s" } }],
  });
  const long = slowOnes(plugin, 300);
  plugin.advance(500);
  const short = Array.from({ length: 300 }, () => plugin.tcp({ destination: "10.0.0.1:1" }));
  const over = (connections: readonly TcpConnection[]): number =>
    connections.filter(({ held }) => !held).length;
  // Both are due within the same tick.
  const counts: number[][] = [];
  for (let ms = 0; ms < 40; ms++) {
    plugin.advance(ms === 0 ? 499 : 1);
    const now = [over(long), over(short)];
    if (String(now) !== String(counts.at(-1))) counts.push(now);
  }
  const steps = counts.map(([a = 0, b = 0]) => a + b);
  expect(steps.at(-1)).toBe(600);
  steps.slice(1).forEach((step, i) => expect(step - steps[i]!).toBeLessThanOrEqual(256));
  for (const list of [long, short]) expect(over(list)).toBe(300);
  expect(plugin.tickPeriodMs).toBe(0);
});

it("keeps its order when those at either end of the queue, or between, go", () => {
  const order = [0, 1, 2, 3, 4];
  for (const gone of [[0], [4], [2], [0, 4], [4, 3], [0, 1], [1, 3], [0, 1, 2, 3], [4, 3, 2, 1, 0]]) {
    const plugin = start({ detection: { deadline: "1s" } });
    let clock = 0;
    const advance = (milliseconds: number): void => {
      clock += milliseconds;
      plugin.advance(milliseconds);
    };
    const connections = order.map(() => {
      const connection = plugin.tcp();
      advance(100);
      return connection;
    });
    for (const i of gone) connections[i]!.reset();
    // The tail is where the next one goes.
    const last = plugin.tcp();
    const left = [...order.filter((i) => !gone.includes(i)).map((i) => connections[i]!), last];
    advance(490);
    for (const [i, one] of left.entries()) {
      expect(left.map(({ held }) => held)).toEqual(left.map((_, j) => j >= i));
      const due = one === last ? 1_510 : 1_010 + 100 * connections.indexOf(one);
      advance(due - clock);
      expect(one.held).toBe(false);
    }
    expect(plugin.gauge("protocol_detection.pending")).toBe(0);
    expect(plugin.counter("protocol_detection.abandoned")).toBe(gone.length);
    expect(plugin.tickPeriodMs).toBe(0);
  }
});

it("leaves no memory behind", () => {
  const plugin = start({ detection: { deadline: "5s" } });
  const pages: number[] = [];
  for (let round = 0; round < 5; round++) {
    const slow = slowOnes(plugin, 5_000);
    if (round % 2 === 0) plugin.advance(10_000);
    for (const connection of slow) connection.reset();
    pages.push(plugin.memoryPages);
  }
  // The collector lets the heap grow to twice what is alive.
  expect(pages[0]).toBeLessThanOrEqual(128);
  expect(pages.slice(1)).toEqual(pages.slice(1).fill(pages[1]!));
});
