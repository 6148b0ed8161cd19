import { beforeAll, describe, expect, it } from "vitest";
import { NetworkStatus, type Plugin } from "../../harness/host/index.js";
import { clientHello } from "./client-hello.js";
import { cluster, filterModule, label, startFilter, verdict, verdicts } from "./filter.js";

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

const start = (configuration: unknown): Plugin => startFilter(module, configuration);

const GET = "GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n";
const PING = "*1\r\n$4\r\nPING\r\n";
const ROUTES = { http: { cluster: "web" }, redis: { cluster: "cache" }, "*": { cluster: "rest" } };

describe("a connection that is not declared", () => {
  it("is held, and goes where its protocol goes", () => {
    const plugin = start({ detection: {}, actions: ROUTES });
    const connection = plugin.tcp();
    expect(connection.opened).toBe(NetworkStatus.StopIteration);
    expect(plugin.gauge("protocol_detection.pending")).toBe(1);
    expect(connection.send("GET / HT")).toBe(NetworkStatus.StopIteration);
    expect(connection.upstreamText).toBe("");
    expect(verdict(connection)).toBe("undefined undefined");
    connection.send(GET.slice(8));
    expect(verdict(connection)).toBe("http/1.1 detected");
    expect(cluster(connection)).toBe("web");
    expect(connection.upstreamText).toBe(GET);
    expect(plugin.gauge("protocol_detection.pending")).toBe(0);
    expect(verdicts(plugin, "http/1.1", "detected", "routed")).toBe(1);
  });

  it("is passed unexamined where nothing is to be detected", () => {
    const plugin = start({ actions: { unknown: { cluster: "rest" } } });
    const connection = plugin.tcp();
    expect(connection.opened).toBe(NetworkStatus.Continue);
    expect(verdict(connection)).toBe("unknown unknown");
    expect(cluster(connection)).toBe("rest");
  });

  it("is let go with its first octet when that is nobody's", () => {
    const plugin = start({
      detection: { on_unknown: "pass", protocols: ["http", "redis"] },
      actions: ROUTES,
    });
    const connection = plugin.tcp();
    connection.send(Buffer.from([0xff]));
    expect(verdict(connection)).toBe("unknown unknown");
    expect(cluster(connection)).toBe("rest");
    expect(connection.upstreamBytes.length).toBe(1);
  });

  it.each([
    ["GET / HTTP/1.1", "end-of-stream"],
    ["", "end-of-stream"],
    ["*1\r", "end-of-stream"],
  ])("that ends after %j is passed on, and not reset", (text, reason) => {
    const plugin = start({
      detection: { on_unknown: "pass", protocols: ["http", "redis"] },
      actions: ROUTES,
    });
    const connection = plugin.tcp();
    if (text !== "") connection.send(text);
    expect(connection.held).toBe(true);
    connection.end();
    expect(verdict(connection)).toBe(`unknown ${reason}`);
    expect(connection.upstreamText).toBe(text);
    expect(connection.closedBy).toBe(null);
  });

  it("is given up after max_bytes, however large its segments are", () => {
    const line = `GET /${"a".repeat(60)} HTTP/1.1\r\n`;
    for (const size of [1, 7, 32, 33, 1000]) {
      const plugin = start({
        detection: { on_unknown: "pass", protocols: ["http"], max_bytes: 32 },
        actions: ROUTES,
      });
      const connection = plugin.tcp();
      for (let at = 0; at < line.length && cluster(connection) === undefined; at += size) {
        connection.send(line.slice(at, at + size));
      }
      expect(verdict(connection)).toBe("unknown cap");
      expect(cluster(connection)).toBe("rest");
    }
  });

  it("is decided by max_bytes octets if they are enough, to the octet", () => {
    const line = "GET / HTTP/1.1\r\n";
    const enough = { detection: { protocols: ["http"], max_bytes: line.length } };
    const short = { detection: { protocols: ["http"], max_bytes: line.length - 1 } };
    for (const [configuration, expected] of [
      [enough, "http/1.1 detected"],
      [short, "unknown cap"],
    ] as const) {
      const connection = start(configuration).tcp();
      connection.send(line);
      expect(verdict(connection)).toBe(expected);
    }
  });

  it("is closed where on_unknown says so", () => {
    const plugin = start({ detection: { protocols: ["http"], on_unknown: "close" }, actions: ROUTES });
    for (const text of ["\r\nGET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\x0c", "SSH-2.0-x\r\n"]) {
      const connection = plugin.tcp();
      connection.send(text);
      expect(connection.closedBy).toBe("filter");
      expect(connection.upstreamText).toBe("");
      expect(cluster(connection)).toBe(undefined);
    }
    expect(verdicts(plugin, "unknown", "unknown", "closed")).toBe(3);
  });

  it("takes methods that are configured", () => {
    const plugin = start({ detection: { protocols: ["http"], methods: ["BREW"] } });
    const brew = plugin.tcp();
    brew.send("BREW / HTTP/1.1\r\n");
    expect(verdict(brew)).toBe("http/1.1 detected");
    const get = plugin.tcp();
    get.send(GET);
    expect(verdict(get)).toBe("unknown unknown");
  });

  it("is counted when it goes before its verdict, and leaves nothing behind", () => {
    const plugin = start({ detection: {} });
    const [silent, slow] = [plugin.tcp(), plugin.tcp()];
    slow.send("G");
    expect(plugin.gauge("protocol_detection.pending")).toBe(2);
    silent.reset();
    slow.reset();
    expect(plugin.counter("protocol_detection.abandoned")).toBe(2);
    expect(plugin.gauge("protocol_detection.pending")).toBe(0);
  });

  it("is looked at no more once it goes on", () => {
    const plugin = start({ detection: { protocols: ["http"] } });
    const connection = plugin.tcp();
    connection.send(GET);
    plugin.clearTimings();
    for (let i = 0; i < 10; i++) {
      connection.send("more");
      connection.respond("more");
    }
    expect(plugin.timings().map(({ name }) => name)).toEqual(
      expect.arrayContaining(["proxy_on_downstream_data", "proxy_on_upstream_data"]),
    );
    expect(plugin.timings()).toHaveLength(2);
  });
});

describe("a declaration", () => {
  const declarations = [
    { port: 3306, protocol: "mysql" },
    { port: 3306, addresses: ["10.0.0.0/8"], protocol: "redis" },
    { port: 3306, addresses: ["10.1.0.0/16", "fd00::/16"], protocol: "tcp" },
    { port: 3306, addresses: ["10.1.2.3"], protocol: "http" },
    { port: 443, protocol: "https" },
    { port: 8080, addresses: ["0.0.0.0/0"], protocol: "mongo" },
    { port: 9000, protocol: "auto", detect: { protocols: ["redis"] } },
    { port: 4000, addresses: ["::ffff:192.0.2.9"], protocol: "redis" },
    { port: 4001, addresses: ["::ffff:192.0.0.0/112"], protocol: "redis" },
  ];
  const actions = { ...ROUTES, mysql: { cluster: "database" }, tcp: { pass: true } };

  it.each([
    ["192.0.2.1:3306", "mysql declared", "database"],
    ["10.9.9.9:3306", "redis declared", "cache"],
    ["10.1.9.9:3306", "tcp declared", undefined],
    ["[fd00::7]:3306", "tcp declared", undefined],
    ["[fd01::7]:3306", "mysql declared", "database"],
    // The same place, written as IPv6.
    ["[::ffff:10.1.9.9]:3306", "tcp declared", undefined],
    ["[::ffff:192.0.2.1]:8080", "mongo declared", "rest"],
    ["[::ffff:192.0.2.9]:4000", "redis declared", "cache"],
    ["192.0.2.9:4000", "redis declared", "cache"],
    ["192.0.2.10:4000", "unknown unknown", "rest"],
    ["192.0.9.9:4001", "redis declared", "cache"],
    ["192.1.9.9:4001", "unknown unknown", "rest"],
    // Listeners without ports.
    ["/run/service.sock", "unknown unknown", "rest"],
    ["@abstract:3306", "unknown unknown", "rest"],
    ["192.0.2.1:8080", "mongo declared", "rest"],
    // Nothing is declared there.
    ["[::1]:8080", "unknown unknown", "rest"],
    ["10.1.2.3:3307", "unknown unknown", "rest"],
    ["envoy://internal/1", "unknown unknown", "rest"],
  ])("for %s is found, and passed at once", (destination, expected, where) => {
    const connection = start({ declarations, actions }).tcp({ destination });
    expect(connection.opened).toBe(NetworkStatus.Continue);
    expect(verdict(connection)).toBe(expected);
    expect(cluster(connection)).toBe(where);
    connection.respond("greeting");
    expect(connection.clientText).toBe("greeting");
  });

  it.each([
    ["10.1.2.3:3306", GET, "http/1.1 declared", "web"],
    ["10.1.2.3:443", clientHello({ serverName: "shop.example" }), "tls declared", "rest"],
    ["10.1.2.3:9000", PING, "redis detected", "cache"],
    ["10.1.2.3:9000", GET, "unknown unknown", "rest"],
  ])("for %s is examined as it says", (destination, octets, expected, where) => {
    const connection = start({ declarations, actions }).tcp({ destination });
    expect(connection.opened).toBe(NetworkStatus.StopIteration);
    connection.send(octets);
    expect(verdict(connection)).toBe(expected);
    expect(cluster(connection)).toBe(where);
  });

  it("of thousands of addresses costs no more than one", () => {
    const addresses = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.7`);
    const many = addresses.map((address, i) => ({
      port: 1000 + (i % 3),
      addresses: [address],
      protocol: i % 2 === 0 ? "mysql" : "redis",
      reason: `service ${i}`,
    }));
    const plugin = start({ declarations: many });
    for (const i of [0, 1, 255, 256, 19_998, 19_999]) {
      const connection = plugin.tcp({ destination: `${addresses[i]!}:${1000 + (i % 3)}` });
      expect(verdict(connection)).toBe(i % 2 === 0 ? "mysql declared" : "redis declared");
    }
    expect(verdict(plugin.tcp({ destination: `${addresses[0]!}:1001` }))).toBe("unknown unknown");
  });
});

describe("TLS", () => {
  const configuration = {
    detection: { protocols: ["tls", "http"] },
    actions: {
      tls: {
        cluster: "tls",
        routes: [
          { server_names: ["a.example", "*.b.example"], cluster: "named" },
          { server_names: ["grpc.example"], alpn: ["h2"], cluster: "both" },
          { alpn: ["postgresql"], cluster: "database" },
          { server_names: ["evil.example"], close: true },
        ],
      },
    },
  };

  it.each<[string | null, string[], string | undefined]>([
    ["a.example", [], "named"],
    ["A.EXAMPLE", [], "named"],
    ["x.b.example", [], "named"],
    ["y.x.b.example", ["h2"], "named"],
    ["b.example", [], "tls"],
    [".b.example", [], "tls"],
    // As with Envoy's server_names: an empty label is one.
    ["..b.example", [], "named"],
    ["xb.example", [], "tls"],
    ["grpc.example", ["http/1.1", "h2"], "both"],
    ["grpc.example", ["http/1.1"], "tls"],
    ["grpc.example", [], "tls"],
    [null, ["postgresql"], "database"],
    [null, [], "tls"],
    ["evil.example", [], undefined],
  ])("to %s with %j goes where its hello leads", (name, protocols, where) => {
    const connection = start(configuration).tcp();
    const hello = clientHello({
      ...(name !== null && { serverName: name }),
      ...(protocols.length > 0 && { alpn: protocols }),
    });
    connection.send(hello.subarray(0, 40));
    expect(verdict(connection)).toBe("undefined undefined");
    connection.send(hello.subarray(40));
    expect(verdict(connection)).toBe("tls detected");
    expect(cluster(connection)).toBe(where);
    expect(connection.closedBy).toBe(where === undefined ? "filter" : null);
    expect(label(connection, "server_name")).toBe(name?.toLowerCase());
    expect(label(connection, "alpn")).toBe(protocols.length > 0 ? protocols.join(",") : undefined);
  });

  it.each([
    ["too long", 300, ""],
    ["cut off", 8192, "end"],
    ["broken", 8192, "150301000202 28"],
  ])("whose hello is %s has the action of tls itself, whatever it has asked for", (_, max_bytes, then) => {
    const hello = clientHello({ serverName: "a.example", padding: 1000, alpn: ["h2"], recordSize: 200 });
    const routes = [
      { server_names: ["a.example"], alpn: ["h2"], close: true },
      { server_names: ["a.example"], cluster: "named" },
    ];
    const plugin = start({
      detection: { protocols: ["tls"], max_bytes },
      actions: { tls: { cluster: "strict", routes } },
    });
    const connection = plugin.tcp();
    // Records of 200 octets: the first two, with the server name.
    connection.send(hello.subarray(0, 410));
    if (then === "end") connection.end();
    else connection.send(then === "" ? hello.subarray(410) : Buffer.from(then.replace(" ", ""), "hex"));
    expect(verdict(connection)).toBe("tls detected");
    expect(cluster(connection)).toBe("strict");
    expect(label(connection, "server_name")).toBe(undefined);
  });

  it("does not hide what it asks for behind a long list", () => {
    const many = Array.from({ length: 5 }, () => "x".repeat(60));
    const routes = [
      { server_names: ["a.example"], alpn: ["h2"], close: true },
      { server_names: ["a.example"], cluster: "named" },
    ];
    const plugin = start({
      detection: { protocols: ["tls"] },
      actions: { tls: { cluster: "strict", routes } },
    });
    const long = plugin.tcp();
    long.send(clientHello({ serverName: "a.example", alpn: [...many, "h2"] }));
    expect(long.closedBy).toBe("filter");
    // One that is too long to be kept.
    const longest = plugin.tcp();
    longest.send(clientHello({ serverName: "a.example", alpn: [...many, ...many, ...many, ...many, "h2"] }));
    expect(cluster(longest)).toBe("strict");
  });

  it("is known by its first octets where nobody asks for more", () => {
    const connection = start({ detection: { protocols: ["tls"] } }).tcp();
    connection.send(clientHello({ serverName: "a.example" }).subarray(0, 11));
    expect(verdict(connection)).toBe("tls detected");
    expect(label(connection, "server_name")).toBe(undefined);
  });
});

describe("gRPC", () => {
  const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const SETTINGS = Buffer.from("000000040000000000", "hex");
  // HEADERS with :method: POST of the static table and content-type: application/grpc, its value as plain text.
  const block = Buffer.concat([Buffer.from([0x83, 0x0f, 0x10, 0x10]), Buffer.from("application/grpc")]);
  const HEADERS = Buffer.concat([Buffer.from([0, 0, block.length, 1, 4, 0, 0, 0, 1]), block]);

  it.each([1, 9, 24, 33, 1000])("is a label that comes later, in segments of %i octets", (size) => {
    const plugin = start({ detection: { protocols: ["grpc"] }, actions: ROUTES });
    const connection = plugin.tcp();
    const all = Buffer.concat([PREFACE, SETTINGS, HEADERS]);
    for (let at = 0; at < all.length; at += size) connection.send(all.subarray(at, at + size));
    expect(verdict(connection)).toBe("grpc detected");
    expect(cluster(connection)).toBe("web");
    expect(verdicts(plugin, "http2", "detected", "routed")).toBe(1);
    expect(plugin.counter("protocol=.=grpc;.;protocol_detection_refinements")).toBe(1);
    expect(Buffer.from(connection.upstreamBytes)).toEqual(all);
  });

  // No more is examined for the verdict than max_bytes, but what comes next follows the whole segment.
  it.each([24, 30, 33, 40, 66, 100, 1000])(
    "is told by octets behind max_bytes, in segments of %i",
    (size) => {
      for (const max_bytes of [24, 25, 33]) {
        const plugin = start({ detection: { protocols: ["grpc"], max_bytes }, actions: ROUTES });
        const connection = plugin.tcp();
        const all = Buffer.concat([PREFACE, SETTINGS, HEADERS]);
        for (let at = 0; at < all.length; at += size) connection.send(all.subarray(at, at + size));
        expect(verdict(connection)).toBe("grpc detected");
      }
    },
  );
});

it("labels, and routes nothing, in label mode", () => {
  const plugin = start({ mode: "label", detection: {}, actions: { redis: { close: true } } });
  const connection = plugin.tcp();
  connection.send(GET);
  expect(verdict(connection)).toBe("http/1.1 detected");
  expect(cluster(connection)).toBe(undefined);
  expect(verdicts(plugin, "http/1.1", "detected", "passed")).toBe(1);
  const closed = plugin.tcp();
  closed.send(PING);
  expect(closed.closedBy).toBe("filter");
});

it("closes what it cannot route, rather than let it go to the wrong cluster", () => {
  const plugin = start({ detection: {}, actions: ROUTES });
  plugin.inject("proxy_call_foreign_function", 1);
  const connection = plugin.tcp();
  connection.send(GET);
  expect(connection.closedBy).toBe("filter");
  expect(connection.upstreamText).toBe("");
  expect(plugin.counter("protocol_detection.route_failed")).toBe(1);
});
