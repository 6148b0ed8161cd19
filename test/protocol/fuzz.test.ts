import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy, waitForCounter } from "../../harness/envoy/index.js";
import type { Plugin } from "../../harness/host/index.js";
import { SAMPLES } from "./corpus.js";
import { Client } from "./envoy.js";
import { cluster, filterModule, startFilter, verdict } from "./filter.js";
import { bootstrap } from "./servers/listeners.js";

// Changed and joined samples, cut anywhere, over real sockets: what comes of each in Envoy is what comes of it in one piece in
// process, where nothing is segmented and nothing takes time.

/** Seconds that are asked for, with what is new each time; otherwise a few hundred connections, always the same. */
const WANTED = process.env["TREMULA_PROTOCOL_FUZZ"];
const SECONDS = Number(WANTED ?? 0);
const SEED = Number(
  process.env["TREMULA_PROTOCOL_SEED"] ?? (WANTED === undefined ? 1 : Date.now() % 1_000_000),
);
const AT_ONCE = 32;
const LEAST = 16 * AT_ONCE;
const PENDING = "wasmcustom.protocol_detection.pending";

const CONFIGURATIONS = {
  lax: { detection: { on_unknown: "pass" } },
  strict: { detection: {} },
  short: { detection: { on_unknown: "pass", max_bytes: 24, protocols: ["http", "grpc", "tls", "redis"] } },
  hello: { detection: { on_unknown: "pass", wait_for_hello: true, max_bytes: 300 } },
} as const;
type Name = keyof typeof CONFIGURATIONS;
const NAMES = Object.keys(CONFIGURATIONS) as Name[];
const actions = { http: { cluster: "http" }, "*": { cluster: "raw" } };

let envoy: RunningEnvoy;
let raw: net.Server;
const plugins = new Map<Name, Plugin>();
const ports = new Map<Name, number>();

beforeAll(async () => {
  const { outFile: module } = await compile({ entry: "filters/protocol-detection/index.ts" });
  raw = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  raw.listen(0, "127.0.0.1");
  await once(raw, "listening");
  const listeners = NAMES.map((name) => ({
    name,
    port: 0,
    cluster: "raw",
    configuration: { ...CONFIGURATIONS[name], actions },
  }));
  envoy = await startEnvoy({
    concurrency: 2,
    config: bootstrap(listeners, { module, clusters: { raw: (raw.address() as AddressInfo).port } }),
  });
  const compiled = await filterModule();
  for (const name of NAMES) {
    ports.set(name, (await envoy.listener(name)).port);
    plugins.set(name, startFilter(compiled, { ...CONFIGURATIONS[name], actions }));
  }
});

afterAll(async () => {
  await envoy?.stop();
  raw?.close();
});

let state = SEED;
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}
const sample = (): Buffer => SAMPLES[random(SAMPLES.length)]!.octets;

/** Octets that are nearly something, or the one thing and then the other. */
function generate(): Buffer {
  let octets = Buffer.from(sample());
  if (random(3) === 0) {
    octets = Buffer.concat([octets.subarray(0, random(octets.length + 1)), sample()]);
  }
  for (let changes = random(3); changes > 0 && octets.length > 0; changes--) {
    octets[random(Math.min(octets.length, 64))] = random(256);
  }
  return random(4) === 0 ? octets.subarray(0, random(octets.length + 1)) : octets;
}

/** What comes of octets in one piece, in process. */
function expected(name: Name, octets: Buffer): { where: string | undefined; what: string } {
  const connection = plugins.get(name)!.tcp();
  if (octets.length > 0) connection.send(octets);
  if (connection.closedBy === null) connection.end();
  const result = { where: cluster(connection), what: verdict(connection) };
  connection.reset();
  return result;
}

const tally = new Map<string, number>();
const kinds = new Set<string>();

/** Sends octets in pieces and looks at what comes back. */
async function probe(name: Name): Promise<void> {
  const octets = generate();
  const { where, what } = expected(name, octets);
  const [protocol = "", reason = ""] = what.split(" ");
  const action = where === undefined ? "closed" : "routed";
  const tags = `protocol=.=${protocol};.;reason=.=${reason};.;action=.=${action};.;`;
  const counter = `wasmcustom.${tags}protocol_detection_connections`;
  tally.set(counter, (tally.get(counter) ?? 0) + 1);
  kinds.add(what);
  const client = await Client.connect(ports.get(name)!);
  for (let at = 0; at < octets.length;) {
    const size = random(3) === 0 ? octets.length : 1 + random(Math.min(octets.length, 40));
    client.send(octets.subarray(at, at + size));
    at += size;
    // Mostly the next piece is a segment of its own; that it need not be is the point.
    for (let turns = random(4); turns > 0; turns--) await new Promise(setImmediate);
  }
  const received = await client.end().ended();
  const says = `${name}, ${what}, ${octets.toString("hex")}, seed ${SEED}`;
  if (where === "raw") expect(Buffer.from(received, "latin1").equals(octets), says).toBe(true);
  if (where === undefined) expect(received, says).toBe("");
}

it(
  `gives the verdicts of one piece to any pieces, seed ${SEED}`,
  { timeout: SECONDS * 1000 + 120_000 },
  async () => {
    const until = Date.now() + SECONDS * 1000;
    let count = 0;
    do {
      await Promise.all(Array.from({ length: AT_ONCE }, () => probe(NAMES[random(NAMES.length)]!)));
      count += AT_ONCE;
    } while (Date.now() < until || count < LEAST);
    await waitForCounter(envoy.admin, PENDING, (held) => held === 0, "all to be decided");
    for (const [counter, times] of tally) {
      await waitForCounter(envoy.admin, counter, (now) => now >= times, `${counter} to be ${times}`);
      expect([counter, await envoy.admin.stat(counter)]).toEqual([counter, times]);
    }
    expect(kinds.size).toBeGreaterThan(20);
    for (const plugin of plugins.values()) expect(plugin.trap).toBe(null);
    expect(await envoy.log()).not.toMatch(/Function: proxy_|tremula: .* at /);
    if (WANTED !== undefined) console.log(`${count} connections, ${kinds.size} verdicts`);
  },
);
