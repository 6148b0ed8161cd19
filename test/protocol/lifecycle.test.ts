import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy, waitForCounter } from "../../harness/envoy/index.js";
import { freePorts } from "../../harness/free-ports.js";
import { Client } from "./envoy.js";
import { bootstrap, type Listener } from "./servers/listeners.js";

// What happens to connections that wait for their verdict, on stock Envoy with two workers: listeners are replaced, clients
// leave or end their half, time runs out; and where a listener has no port, or two families of addresses.

const WORKERS = 2;
const MANY = 24;
const REQUEST = "GET /a HTTP/1.1\r\nhost: a\r\n\r\n";
const ADMIN_REQUEST = "GET /admin HTTP/1.1\r\nhost: a\r\n\r\n";
const ACTIONS = { http: { cluster: "http" }, "*": { cluster: "raw" } };
const DETECT = { protocols: ["http", "redis"] };
const PENDING = "wasmcustom.protocol_detection.pending";
/** Counts each listener once for each worker. */
const CREATED = "listener_manager.listener_create_success";
const ABANDONED = "wasmcustom.protocol_detection.abandoned";

let folder: string;
let raw: net.Server;
/** What reached the upstream that knows no policy. */
let rawReceived = "";
let envoy: RunningEnvoy;
let module: string;
let ports: { replaced: number; both: number; late: number };
let updates = 0;

/** The listener whose configuration changes. */
const replaced = (configuration: object): Listener => ({
  name: "replaced",
  port: ports.replaced,
  cluster: "raw",
  configuration,
});

interface Bootstrap {
  static_resources: { listeners: object[] };
}

/** Puts a listener into the file that Envoy watches. */
async function publish(configuration: object): Promise<void> {
  const made = JSON.parse(bootstrap([replaced(configuration)], { module, clusters: {} })) as Bootstrap;
  const resource = {
    "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
    ...made.static_resources.listeners[0],
  };
  await writeFile(join(folder, "partial.json"), JSON.stringify({ resources: [resource] }));
  const before = updates === 0 ? 0 : await stat(CREATED);
  await rename(join(folder, "partial.json"), join(folder, "listeners.json"));
  updates++;
  if (updates === 1) return;
  await updated();
  // Until then a worker takes connections under the old configuration.
  const all = (count: number): boolean => count >= before + WORKERS;
  await waitForCounter(envoy.admin, CREATED, all, `update ${updates} to reach the workers`);
}

async function updated(): Promise<void> {
  const taken = (count: number): boolean => count >= updates;
  await waitForCounter(envoy.admin, "listener_manager.lds.update_success", taken, `update ${updates}`);
  const none = (count: number): boolean => count === 0;
  await waitForCounter(envoy.admin, "listener_manager.total_listeners_warming", none, "no listener to warm");
}

const stat = async (name: string): Promise<number> => (await envoy.admin.stat(name)) ?? 0;
const held = (count: number): Promise<unknown> =>
  waitForCounter(envoy.admin, PENDING, (now) => now === count, `${count} to be held`);

beforeAll(async () => {
  ({ outFile: module } = await compile({ entry: "filters/protocol-detection/index.ts" }));
  folder = await mkdtemp(join(tmpdir(), "tremula-protocol-"));
  raw = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      rawReceived += chunk.toString("latin1");
      socket.write(chunk);
    });
    socket.on("end", () => socket.end("end"));
  });
  raw.listen(0, "127.0.0.1");
  await once(raw, "listening");
  const [one = 0, two = 0, three = 0] = await freePorts(3);
  ports = { replaced: one, both: two, late: three };
  await publish({ detection: DETECT, actions: ACTIONS });
  const enforced = { declarations: [{ port: ports.both, addresses: ["127.0.0.1"], protocol: "http" }] };
  const listeners: Listener[] = [
    {
      name: "lax",
      port: 0,
      cluster: "raw",
      configuration: { detection: { ...DETECT, on_unknown: "pass" }, actions: ACTIONS },
    },
    {
      name: "late",
      port: ports.late,
      cluster: "raw",
      configuration: { detection: { ...DETECT, deadline: "2s" }, actions: ACTIONS },
    },
    {
      name: "both",
      port: 0,
      cluster: "raw",
      configuration: { ...enforced, actions: ACTIONS },
      more: {
        address: { socket_address: { address: "::", port_value: ports.both, ipv4_compat: true } },
      },
    },
    {
      name: "proxied",
      port: 0,
      cluster: "raw",
      configuration: {
        declarations: [{ port: 8080, addresses: ["10.0.0.5"], protocol: "http" }],
        actions: ACTIONS,
      },
      inspectors: [
        {
          name: "envoy.filters.listener.proxy_protocol",
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
          },
        },
      ],
    },
    {
      name: "pipe",
      port: 0,
      cluster: "raw",
      configuration: { ...enforced, detection: DETECT, actions: ACTIONS },
      more: { address: { pipe: { path: join(folder, "pipe.sock") } } },
    },
  ];
  const clusters = { raw: (raw.address() as AddressInfo).port };
  envoy = await startEnvoy({
    concurrency: WORKERS,
    config: JSON.stringify({
      node: { id: "test", cluster: "test" },
      dynamic_resources: {
        lds_config: {
          resource_api_version: "V3",
          path_config_source: { path: join(folder, "listeners.json") },
        },
      },
      ...(JSON.parse(bootstrap(listeners, { module, clusters })) as object),
    }),
  });
  await updated();
});

afterAll(async () => {
  await envoy?.stop();
  raw?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const connect = async (name: string): Promise<Client> => Client.connect((await envoy.listener(name)).port);
const crowd = (name: string): Promise<Client[]> =>
  Promise.all(Array.from({ length: MANY }, () => connect(name)));

it("keeps those that wait, and their configuration, when the listener is replaced", async () => {
  const early = await crowd("replaced");
  for (const client of early) client.send(REQUEST.slice(0, 5));
  await held(MANY);
  // HTTP is no longer looked for, and what is unknown is closed.
  await publish({ detection: { protocols: ["redis"], on_unknown: "close" } });
  const late = await connect("replaced");
  expect(await late.send(REQUEST).ended()).toBe("");
  for (const client of early.slice(2)) client.send(REQUEST.slice(5));
  for (const client of early.slice(2)) expect(await client.until("ok\n")).toMatch(/^HTTP\/1\.1 200 /);
  // Those that leave under the old configuration are no trouble.
  const before = await stat(ABANDONED);
  for (const client of early) client.socket.resetAndDestroy();
  await held(0);
  expect(await stat(ABANDONED)).toBe(before + 2);
});

it("keeps the deadline of those that wait when the listener is replaced again and again", async () => {
  await publish({ detection: { ...DETECT, deadline: "0.5s" }, actions: ACTIONS });
  const clients = await crowd("replaced");
  for (const client of clients) client.send("G");
  for (let round = 0; round < 4; round++) {
    await publish({ detection: { ...DETECT, deadline: `${60 + round}s` }, actions: ACTIONS });
  }
  expect(await Promise.all(clients.map((client) => client.ended()))).toEqual(clients.map(() => ""));
  await held(0);
});

it("lets go of those that leave before their verdict, however they leave", async () => {
  const before = await stat(ABANDONED);
  const clients = await crowd("late");
  for (const [i, client] of clients.entries()) {
    if (i % 2 === 0) client.send("GET /");
    // Whether Envoy hears of it before the deadline is its affair; a reset needs no verdict.
    client.socket.resetAndDestroy();
  }
  await held(0);
  expect(await stat(ABANDONED)).toBeGreaterThan(before);
});

it("keeps the deadlines of both workers", async () => {
  const clients = await crowd("late");
  for (const client of clients) client.send("G");
  expect(await Promise.all(clients.map((client) => client.ended()))).toEqual(clients.map(() => ""));
  await held(0);
});

it("ends what a client ends in the middle of a line: closed with policy, passed on whole where that is asked for", async () => {
  rawReceived = "";
  await publish({ detection: DETECT, actions: ACTIONS });
  expect(await (await connect("replaced")).send("GET /half HTTP/1.1").end().ended()).toBe("");
  expect(rawReceived).toBe("");
  expect(await (await connect("lax")).send("GET /half HTTP/1.1").end().ended()).toBe("GET /half HTTP/1.1end");
});

it("finds an IPv4 declaration at a listener for both families", async () => {
  rawReceived = "";
  const client = await Client.connect(ports.both);
  expect(await client.send(`\r\n${ADMIN_REQUEST}`).ended()).toBe("");
  const good = await Client.connect(ports.both);
  expect(await good.send(ADMIN_REQUEST).until("403")).toMatch(/^HTTP\/1\.1 403 /);
  good.socket.destroy();
  expect(rawReceived).toBe("");
});

it.each(["PROXY TCP4 10.0.0.1 10.0.0.5 1 8080\r\n", "PROXY TCP6 ::ffff:10.0.0.1 ::ffff:10.0.0.5 1 8080\r\n"])(
  "finds a declaration by the address of a PROXY header that Envoy has read: %j",
  async (header) => {
    rawReceived = "";
    expect(await (await connect("proxied")).send(`${header}\r\n${ADMIN_REQUEST}`).ended()).toBe("");
    const good = (await connect("proxied")).send(header + ADMIN_REQUEST);
    expect(await good.until("403")).toMatch(/^HTTP\/1\.1 403 /);
    good.socket.destroy();
    expect(rawReceived).toBe("");
  },
);

it("takes a listener without a port for one that nothing is declared of", async () => {
  const socket = net.connect({ path: join(folder, "pipe.sock") });
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    socket.destroy();
  });
  socket.write(ADMIN_REQUEST);
  await once(socket, "close");
  expect(received).toMatch(/^HTTP\/1\.1 403 /);
});

it("has trapped nowhere", async () => {
  expect(await envoy.log()).not.toMatch(/Function: proxy_|tremula: .* at /);
});
