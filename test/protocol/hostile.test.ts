import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRssKiB } from "../../harness/bench/cpu.js";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy, waitForCounter } from "../../harness/envoy/index.js";
import { freePorts } from "../../harness/free-ports.js";
import { Crowd } from "./servers/crowd.js";
import { bootstrap, HTTP_POLICY, type Listener } from "./servers/listeners.js";

const TYPE = "type.googleapis.com";

/** Connections that send one octet and wait. Ten thousand take a limit of open files above that, here and for Envoy. */
const WANTED = process.env["TREMULA_HOSTILE_CONNECTIONS"];
const CROWD = Number(WANTED ?? 1000);
/** The figures of a crowd that was asked for are why it was. */
const report = (text: string): void => void (WANTED !== undefined && console.log(text));
/** What Envoy and the filter may keep for one that waits. */
const MOST_KIB = 48;
const CROWD_MS = 30_000 + CROWD * 20;

const PENDING = "wasmcustom.protocol_detection.pending";
const counter = (protocol: string, reason: string, action: string): string =>
  `wasmcustom.protocol=.=${protocol};.;reason=.=${reason};.;action=.=${action};.;protocol_detection_connections`;

const TO_HTTP = { http: { cluster: "http" }, "*": { cluster: "raw" } };
const DETECT = { protocols: ["http", "tls", "redis"] };

let module: string;
let raw: net.Server;
let rawPort: number;
/** What reached the upstream that knows no policy. */
let rawReceived: string[];

beforeAll(async () => {
  ({ outFile: module } = await compile({ entry: "filters/protocol-detection/index.ts" }));
  raw = net.createServer((socket) => {
    const index = rawReceived.push("") - 1;
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      rawReceived[index] += chunk.toString("latin1");
      if (chunk.includes("\n")) socket.write("raw\n");
    });
  });
  raw.listen(0, "127.0.0.1");
  await once(raw, "listening");
  rawPort = (raw.address() as AddressInfo).port;
  rawReceived = [];
});

afterAll(() => raw?.close());

function start(listeners: readonly Listener[]): Promise<RunningEnvoy> {
  return startEnvoy({ config: bootstrap(listeners, { module, clusters: { raw: rawPort } }) });
}

/** Sends the pieces, with a pause behind each but the last, and gives all that comes until the connection is over or has an answer. */
async function talk(
  address: { host: string; port: number },
  pieces: readonly string[],
  pause: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string> {
  const socket = net.connect({ ...address, noDelay: true });
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    socket.end();
  });
  socket.on("error", () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await Promise.race([pause(), closed]);
    if (!socket.writable) break;
    // Until it is on its way: what follows may be about when it arrives.
    const sent = new Promise((resolve) => socket.write(piece, "latin1", resolve));
    await Promise.race([sent, closed]);
  }
  await closed;
  return received;
}

describe(`${CROWD} clients that send one octet and wait`, () => {
  let envoy: RunningEnvoy;
  let crowd: Crowd;

  beforeAll(async () => {
    crowd = new Crowd();
    envoy = await start([
      {
        name: "patient",
        port: 0,
        cluster: "raw",
        configuration: { detection: DETECT, actions: TO_HTTP },
      },
      {
        name: "strict",
        port: 0,
        cluster: "raw",
        configuration: { detection: { ...DETECT, deadline: "2s" }, actions: TO_HTTP },
      },
    ]);
    // What Envoy needs once only is not the crowd's.
    await talk(await envoy.listener("patient"), ["GET / HTTP/1.1\r\nhost: a\r\n\r\n"]);
  });

  afterAll(async () => {
    crowd?.close();
    await envoy?.stop();
  });

  it(
    `cost Envoy at most ${MOST_KIB} KiB each, and others are served meanwhile`,
    async () => {
      const address = await envoy.listener("patient");
      const before = await readRssKiB(envoy.pid);
      const grown: number[] = [];
      for (let wave = 0; wave < 2; wave++) {
        await crowd.connect(address, CROWD, "G");
        await waitForCounter(envoy.admin, PENDING, (count) => count === CROWD, "all to be held", CROWD_MS);
        grown.push((await readRssKiB(envoy.pid)) - before);
        expect(await talk(address, ["GET / HTTP/1.1\r\n", "host: a\r\n\r\n"])).toMatch(
          /^HTTP\/1.1 200 OK\r\n/,
        );
        expect(await talk(address, ["*1\r\n$4\r\nPING\r\n"])).toBe("raw\n");
        expect(await crowd.leave()).toMatchObject({ closed: CROWD, answered: 0 });
        await waitForCounter(envoy.admin, PENDING, (count) => count === 0, "all to be let go", CROWD_MS);
      }
      const [first = 0, second = 0] = grown;
      report(
        `${CROWD} held: ${(first / CROWD).toFixed(1)} KiB each, ${(second / CROWD).toFixed(1)} KiB each again`,
      );
      expect(first / CROWD).toBeLessThan(MOST_KIB);
      // What went is used again.
      expect(second - first).toBeLessThan((CROWD * MOST_KIB) / 4);
      expect(await envoy.admin.stat("wasmcustom.protocol_detection.abandoned")).toBe(2 * CROWD);
    },
    2 * CROWD_MS,
  );

  it(
    "are closed when their time is up, without an answer and without an upstream",
    async () => {
      const upstreams = rawReceived.length;
      const address = await envoy.listener("strict");
      await crowd.connect(address, CROWD, "G");
      expect(await talk(address, ["GET / HTTP/1.1\r\nhost: a\r\n\r\n"])).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      const end = await crowd.ended();
      report(`${CROWD} with a deadline of 2 s: the last was closed after ${end.slowestMs.toFixed(0)} ms`);
      expect(end).toMatchObject({ closed: CROWD, answered: 0 });
      expect(await envoy.admin.stat(counter("unknown", "deadline", "closed"))).toBe(CROWD);
      expect(await envoy.admin.stat(PENDING)).toBe(0);
      expect(rawReceived.length).toBe(upstreams);
    },
    2 * CROWD_MS,
  );
});

describe("a deadline on a port with HTTP policy", () => {
  const REQUEST = ["GE", "T /admin HTTP/1.1\r\nhost: a\r\n\r\n"] as const;
  const DEADLINE = "0.05s";
  let envoy: RunningEnvoy;

  beforeAll(async () => {
    const [enforced = 0] = await freePorts(1);
    const detection = { ...DETECT, deadline: DEADLINE };
    envoy = await start([
      {
        name: "enforced",
        port: enforced,
        cluster: "raw",
        configuration: {
          declarations: [{ port: enforced, protocol: "http", detect: { deadline: DEADLINE } }],
          actions: TO_HTTP,
        },
      },
      { name: "detected", port: 0, cluster: "raw", configuration: { detection, actions: TO_HTTP } },
      {
        name: "native",
        port: 0,
        cluster: "raw",
        inspectors: [
          {
            name: "http_inspector",
            typed_config: {
              "@type": `${TYPE}/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector`,
            },
          },
        ],
        chains: [
          { filter_chain_match: { application_protocols: ["http/1.1", "h2c"] }, filters: [HTTP_POLICY] },
        ],
        more: { listener_filters_timeout: DEADLINE, continue_on_listener_filters_timeout: true },
      },
    ]);
  });

  afterAll(() => envoy?.stop());

  it("is the way around it with the native inspector: the oracle", async () => {
    rawReceived = [];
    const answer = await talk(await envoy.listener("native"), REQUEST, () => connectionToRaw());
    expect(answer).toBe("raw\n");
    expect(rawReceived).toEqual([REQUEST.join("")]);
  });

  it.each(["enforced", "detected"])("closes a request that comes in late: %s", async (name) => {
    rawReceived = [];
    const answer = await talk(await envoy.listener(name), REQUEST, () =>
      delay(10_000, undefined, { ref: false }),
    );
    expect(answer).toBe("");
    expect(rawReceived).toEqual([]);
  });

  it.each(["enforced", "detected"])("keeps to it while all cores are busy: %s", async (name) => {
    rawReceived = [];
    const address = await envoy.listener(name);
    const busy = Array.from({ length: 3 * availableParallelism() }, () => spin());
    try {
      // Some come in time and some do not.
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) => talk(address, REQUEST, () => delay(index / 2))),
      );
      const kinds = new Set(answers.map((answer) => answer.slice(0, 12)));
      kinds.delete("");
      kinds.delete("HTTP/1.1 403");
      expect([...kinds]).toEqual([]);
    } finally {
      for (const child of busy) child.kill("SIGKILL");
    }
    expect(rawReceived).toEqual([]);
  });

  it.each(["enforced", "detected"])("keeps to it when Envoy sleeps over it: %s", async (name) => {
    rawReceived = [];
    const address = await envoy.listener(name);
    const before = (await envoy.admin.stat(PENDING)) ?? 0;
    for (let time = 0; time < 3; time++) {
      let isOver = false;
      const sleeping = async (): Promise<void> => {
        // Its time may be up before anybody has seen it.
        const held = (count: number): boolean => isOver || count > before;
        await waitForCounter(envoy.admin, PENDING, held, "the connection to be held");
        if (isOver) return;
        process.kill(envoy.pid, "SIGSTOP");
        // Meanwhile the rest of the request arrives, and the time is up.
        setTimeout(() => process.kill(envoy.pid, "SIGCONT"), 200);
      };
      expect(["", "HTTP/1.1 403"]).toContain((await talk(address, REQUEST, sleeping)).slice(0, 12));
      isOver = true;
    }
    expect(rawReceived).toEqual([]);
  });

  it.each(["enforced", "detected"])("begins when Envoy knows of the connection: %s", async (name) => {
    rawReceived = [];
    const address = await envoy.listener(name);
    process.kill(envoy.pid, "SIGSTOP");
    const goOn = async (): Promise<void> => {
      // Longer than its time, were it counted from when it came.
      await delay(200);
      process.kill(envoy.pid, "SIGCONT");
    };
    expect(await talk(address, [REQUEST.join(""), ""], goOn)).toMatch(/^HTTP\/1\.1 403 /);
    expect(rawReceived).toEqual([]);
  });
});

/** Until the upstream without policy has one. */
async function connectionToRaw(): Promise<void> {
  if (rawReceived.length === 0) await once(raw, "connection");
}

/** Keeps a core busy. */
function spin(): ChildProcess {
  return spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
}
