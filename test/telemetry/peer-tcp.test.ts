import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import {
  metadata,
  NetworkStatus,
  type Plugin,
  startPlugin,
  type TcpConnection,
} from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";
import { frameOf, framed, PRODUCTPAGE, RATINGS } from "./peer-material.js";

// The same cases on every run; TREMULA_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.TREMULA_SEED ?? 1) });

const TIMEOUT_MS = 400;

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await moduleOf("test/fixtures/telemetry-roles/index.ts");
});

function start(configuration: object, metadata: object = RATINGS, id = "ratings"): Plugin {
  return startPlugin(module, {
    rootId: "peer-metadata",
    configuration: { local: { id, metadata }, frame_timeout: `${TIMEOUT_MS / 1000}s`, ...configuration },
  });
}

const server = (): Plugin => start({ direction: "inbound" });
const client = (): Plugin => start({ direction: "outbound", tcp_client: true }, PRODUCTPAGE, "client");

function state(connection: TcpConnection, key: string): string | undefined {
  const octets = connection.filterState(`wasm.${key}`);
  return octets && Buffer.from(octets).toString("latin1");
}

/** How much of a connection was frames: taken out of what the client sent, and put in front of what goes to it. */
function frameOctets(connection: TcpConnection): number[] {
  const octets = connection.filterState("wasm.peer_frame_octets");
  return octets ? [...new Uint32Array(octets.slice().buffer)] : [];
}

const UNKNOWN = "envoy.wasm.metadata_exchange.peer_unknown";
const FRAME = frameOf("client", PRODUCTPAGE);
const ANSWER = frameOf("ratings", RATINGS);

test("the frame is the one that Istio's proxies write", () => {
  // Of the client of Istio's end-to-end tests: 504 octets, of which these are the first.
  expect(FRAME.length).toBe(504);
  expect(FRAME.toString("hex")).toMatch(/^3d230467000001f00a2a747970652e676f6f676c65617069/);
  const connection = client().tcp();
  connection.send("hello");
  expect(connection.upstreamBytes).toEqual(new Uint8Array(Buffer.concat([FRAME, Buffer.from("hello")])));
});

test("a client's frame is taken out, and answered in front of the first octets", () => {
  const plugin = server();
  const connection = plugin.tcp();
  connection.send(Buffer.concat([FRAME, Buffer.from("hello")]));
  expect(connection.upstreamText).toBe("hello");
  expect(state(connection, "downstream_peer_id")).toBe("client");
  expect(state(connection, "downstream_peer")).toContain("productpage-v1");
  expect(frameOctets(connection)).toEqual([FRAME.length, 0]);
  connection.respond("good ");
  expect(frameOctets(connection)).toEqual([FRAME.length, ANSWER.length]);
  connection.respond("day");
  expect(Buffer.from(connection.clientBytes)).toEqual(Buffer.concat([ANSWER, Buffer.from("good day")]));
  expect(plugin.counter("peer_metadata.tcp_frame_found")).toBe(1);
  expect(plugin.counter("peer_metadata.tcp_frame_sent")).toBe(1);
});

test("what is held of a frame is left out as often as Envoy counts it", () => {
  const connection = server().tcp();
  connection.send(FRAME.subarray(0, 2));
  expect(frameOctets(connection)).toEqual([2, 0]);
  connection.send(FRAME.subarray(2, 300));
  expect(frameOctets(connection)).toEqual([2 + 300, 0]);
  connection.send(Buffer.concat([FRAME.subarray(300), Buffer.from("bye")]));
  expect(frameOctets(connection)).toEqual([2 + 300 + FRAME.length, 0]);
  connection.send("more");
  connection.respond("good");
  expect(frameOctets(connection)).toEqual([2 + 300 + FRAME.length, ANSWER.length]);
});

test("a client that sends no frame gets none, and its octets go on as they are", () => {
  const plugin = server();
  const connection = plugin.tcp();
  expect(connection.send("G")).toBe(NetworkStatus.Continue);
  connection.send("ET /");
  connection.respond("HTTP");
  expect(connection.upstreamText).toBe("GET /");
  expect(connection.clientText).toBe("HTTP");
  expect(state(connection, "downstream_peer_id")).toBe(UNKNOWN);
  expect(frameOctets(connection)).toEqual([]);
  expect(plugin.counter("peer_metadata.tcp_frame_not_found")).toBe(1);
});

test("an upstream that speaks first is heard at once, and no frame comes behind its words", () => {
  const connection = server().tcp();
  connection.respond("banner");
  connection.send(Buffer.concat([FRAME, Buffer.from("hello")]));
  connection.respond(" more");
  expect(connection.clientText).toBe("banner more");
  expect(connection.upstreamText).toBe("hello");
  expect(state(connection, "downstream_peer_id")).toBe("client");
});

test("what begins like a frame and does not go on is passed on when its time is up", () => {
  const plugin = server();
  const connection = plugin.tcp();
  expect(connection.send(FRAME.subarray(0, 3))).toBe(NetworkStatus.StopIteration);
  plugin.advance(TIMEOUT_MS / 2);
  expect(connection.upstreamText).toBe("");
  expect(frameOctets(connection)).toEqual([3, 0]);
  plugin.advance(TIMEOUT_MS);
  expect(Buffer.from(connection.upstreamBytes)).toEqual(FRAME.subarray(0, 3));
  expect(frameOctets(connection)).toEqual([0, 0]);
  expect(state(connection, "downstream_peer_id")).toBe(UNKNOWN);
  connection.send(FRAME.subarray(3));
  expect(Buffer.from(connection.upstreamBytes)).toEqual(FRAME);
  expect(plugin.counter("peer_metadata.tcp_frame_timeout")).toBe(1);
});

test("a client that half closes, or goes, in the middle of a frame", () => {
  const plugin = server();
  const closing = plugin.tcp();
  closing.send(FRAME.subarray(0, 100));
  closing.end();
  expect(Buffer.from(closing.upstreamBytes)).toEqual(FRAME.subarray(0, 100));
  const resetting = plugin.tcp();
  resetting.send(FRAME.subarray(0, 100));
  resetting.reset();
  const silent = plugin.tcp();
  silent.end();
  plugin.advance(10 * TIMEOUT_MS);
  expect(plugin.counter("peer_metadata.tcp_frame_timeout")).toBe(0);
  expect(state(silent, "downstream_peer_id")).toBe(UNKNOWN);
});

test("what only looks like a frame is payload", () => {
  const plugin = server();
  const messages = [
    framed(Buffer.from("no message at all")),
    framed(Buffer.alloc(0)),
    framed(Buffer.from([0x0a, 1, 0x78, 0x12, 0])),
    framed(FRAME.subarray(8, -1)),
    framed(FRAME.subarray(8), 0xffffffff),
    framed(FRAME.subarray(8), 0x7fffffff),
    framed(FRAME.subarray(8), 20_000),
  ];
  for (const message of messages) {
    const connection = plugin.tcp();
    connection.send(message);
    expect(Buffer.from(connection.upstreamBytes)).toEqual(message);
    connection.respond("x");
    expect(connection.clientText).toBe("x");
    expect(state(connection, "downstream_peer_id")).toBe(UNKNOWN);
  }
  expect(plugin.counter("peer_metadata.oversized")).toBe(3);
  expect(plugin.counter("peer_metadata.malformed")).toBe(3);
});

test("a client side reads the upstream's frame and hands on the rest", () => {
  const plugin = client();
  const connection = plugin.tcp();
  connection.send("hello");
  connection.respond(ANSWER.subarray(0, 50));
  expect(connection.clientText).toBe("");
  connection.respond(Buffer.concat([ANSWER.subarray(50), Buffer.from("good day")]));
  expect(connection.clientText).toBe("good day");
  expect(state(connection, "upstream_peer_id")).toBe("ratings");
  expect(state(connection, "upstream_peer")).toContain("ratings-v1");
  connection.send(" again");
  expect(Buffer.from(connection.upstreamBytes)).toEqual(Buffer.concat([FRAME, Buffer.from("hello again")]));
});

test("a client side closes a connection whose upstream stops inside a frame, and waits for no other", () => {
  const plugin = client();
  const plain = plugin.tcp();
  plain.send("hello");
  plain.respond("=");
  expect(plain.clientText).toBe("");
  plain.respond("1");
  expect(plain.clientText).toBe("=1");
  expect(state(plain, "upstream_peer_id")).toBe(UNKNOWN);
  const ended = plugin.tcp();
  ended.respond("=");
  ended.endUpstream();
  expect(ended.clientText).toBe("=");
  const stuck = plugin.tcp();
  stuck.respond("=");
  plugin.advance(2 * TIMEOUT_MS);
  expect(stuck.closedBy).toBe("filter");
  expect(plain.closedBy).toBeNull();
});

test("a proxy between two others waits for each of them by itself", () => {
  const plugin = start({ direction: "gateway", tcp_client: true });
  const spoken = plugin.tcp();
  spoken.send("=");
  spoken.respond("banner");
  expect(spoken.clientText).toBe("banner");
  plugin.advance(2 * TIMEOUT_MS);
  expect(Buffer.from(spoken.upstreamBytes)).toEqual(Buffer.concat([ANSWER, Buffer.from("=")]));
  spoken.send("1");
  expect(Buffer.from(spoken.upstreamBytes)).toEqual(Buffer.concat([ANSWER, Buffer.from("=1")]));
  const stuck = plugin.tcp();
  stuck.send("=");
  stuck.respond("=");
  plugin.advance(2 * TIMEOUT_MS);
  expect(Buffer.from(stuck.upstreamBytes)).toEqual(Buffer.concat([ANSWER, Buffer.from("=")]));
  expect(stuck.closedBy).toBe("filter");
  const late = plugin.tcp();
  late.send("=");
  plugin.advance(TIMEOUT_MS / 2);
  late.respond("=");
  plugin.advance(TIMEOUT_MS * 0.75);
  expect(late.closedBy).toBeNull();
  late.respond("2");
  expect(late.clientText).toBe("=2");
});

test("without tcp_client nothing is sent and nothing looked at", () => {
  const connection = start({ direction: "outbound" }).tcp();
  connection.send(FRAME);
  connection.respond(ANSWER);
  expect(Buffer.from(connection.upstreamBytes)).toEqual(FRAME);
  expect(Buffer.from(connection.clientBytes)).toEqual(ANSWER);
  expect(state(connection, "upstream_peer_id")).toBe(UNKNOWN);
  expect(state(connection, "downstream_peer_id")).toBeUndefined();
});

test("nothing is sent to clusters outside of the mesh", () => {
  const plugin = start(
    { direction: "outbound", tcp_client: true, skip_external_clusters: true },
    PRODUCTPAGE,
  );
  const said = (cluster: string, istio: Record<string, boolean>): TcpConnection => {
    const connection = plugin.tcp();
    connection.setProperty(["xds", "cluster_name"], cluster);
    connection.setProperty(["xds", "cluster_metadata"], metadata({ istio }));
    connection.send("hello");
    connection.respond(ANSWER);
    return connection;
  };
  for (const outside of [said("PassthroughCluster", {}), said("c", { external: true })]) {
    expect(outside.upstreamText).toBe("hello");
    expect(Buffer.from(outside.clientBytes)).toEqual(ANSWER);
    expect(state(outside, "upstream_peer_id")).toBe(UNKNOWN);
  }
  expect(said("c", {}).clientText).toBe("");
  expect(plugin.counter("peer_metadata.tcp_frame_sent")).toBe(1);
});

test("no octet is lost, doubled or out of order, however a stream is cut", () => {
  const plugin = server();
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.nat({ max: 12 }).map((size) => FRAME.subarray(0, size)),
    fc
      .tuple(fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 20 }))
      .map(([size, rest]) => Buffer.concat([FRAME.subarray(0, size), rest])),
    fc.uint8Array({ maxLength: 40 }).map((message) => framed(message)),
  );
  const cuts = fc.array(fc.nat({ max: 560 }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.boolean(), payload, cuts, fc.boolean(), (withFrame, rest, at, ends) => {
      const sent = withFrame ? Buffer.concat([FRAME, rest]) : Buffer.from(rest);
      const connection = plugin.tcp();
      const places = [0, ...at.map((place) => Math.min(place, sent.length)), sent.length].sort(
        (a, b) => a - b,
      );
      for (const [index, place] of places.slice(1).entries()) {
        if (place > places[index]!) connection.send(sent.subarray(places[index], place));
      }
      if (ends) connection.end();
      else plugin.advance(2 * TIMEOUT_MS);
      expect(Buffer.from(connection.upstreamBytes)).toEqual(withFrame ? Buffer.from(rest) : sent);
      connection.respond("answer");
      const answered = Buffer.from(connection.clientBytes);
      expect(answered).toEqual(
        withFrame ? Buffer.concat([ANSWER, Buffer.from("answer")]) : Buffer.from("answer"),
      );
      connection.reset();
    }),
    { numRuns: 2000 },
  );
});

test("frames of garbage never trap, and memory stays as it is", () => {
  const plugin = server();
  const flips = fc.array(fc.tuple(fc.nat({ max: FRAME.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  const run = (runs: number): void =>
    fc.assert(
      fc.property(flips, (changes) => {
        const octets = Buffer.from(FRAME);
        for (const [at, value] of changes) octets[at] = value;
        const connection = plugin.tcp();
        connection.send(octets);
        connection.end();
        connection.reset();
        expect(
          connection.upstreamBytes.length === 0 || Buffer.from(connection.upstreamBytes).equals(octets),
        ).toBe(true);
      }),
      { numRuns: runs },
    );
  run(2000);
  const pages = plugin.memoryPages;
  run(6000);
  expect(plugin.trap).toBeNull();
  expect(plugin.memoryPages).toBe(pages);
});
