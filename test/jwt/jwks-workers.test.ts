import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exportJWK, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy, waitForCounter } from "../../harness/envoy/index.js";
import { makeKeyPair } from "../../harness/key-pair.js";

const WORKERS = 4;
const CLIENTS = 16;
const INTERVAL_MS = 1000;
/** Much longer than anything takes, as the machine may be busy with other tests. */
const PATIENCE = { timeout: 30_000 };
const TYPE = "type.googleapis.com";
const ISSUER = "https://issuer.example";

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A key with its document and a token that it has signed. */
interface Signer {
  readonly document: string;
  readonly token: string;
}

/** A JWKS server whose answer can be changed, and which counts. */
class Server {
  fetches = 0;
  /** When the first fetch came. */
  firstAt = Infinity;
  answer: Answer & { readonly delay?: number } = { status: 500, body: "" };
  readonly #server = http.createServer((request, response) => {
    this.fetches++;
    this.firstAt = Math.min(this.firstAt, Date.now());
    const { status, body, delay: wait = 0 } = this.answer;
    setTimeout(() => response.writeHead(status).end(body), wait);
    request.resume();
  });

  async start(): Promise<void> {
    this.#server.keepAliveTimeout = 0;
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let wasmFile: string;
let folder: string;
let server: Server;
let envoy: RunningEnvoy | undefined;
let agent: http.Agent;
let old: Signer;
let current: Signer;
let version = 0;

beforeAll(async () => {
  wasmFile = (await compile({ entry: "filters/jwt-authn/index.ts" })).outFile;
  [old, current] = await Promise.all([signer("old"), signer("current")]);
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tremula-jwks-"));
  server = new Server();
  await server.start();
  agent = new http.Agent({ keepAlive: true });
});

afterEach(async () => {
  agent.destroy();
  await envoy?.stop();
  envoy = undefined;
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function signer(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "ES256" };
  const token = await new SignJWT({ sub: "alice" })
    .setProtectedHeader({ alg: "ES256", kid })
    .setIssuer(ISSUER)
    .setExpirationTime("1h")
    .sign(privateKey);
  return { document: JSON.stringify({ keys: [jwk] }), token };
}

/** Puts the listener into the file that Envoy watches. */
async function publish(jwks: object = {}): Promise<void> {
  const configuration = {
    // So that Envoy sees a listener that has changed.
    stat_prefix: `v${++version}`,
    providers: {
      main: {
        issuer: ISSUER,
        remote_jwks: {
          http_uri: { uri: "http://issuer.example/jwks", cluster: "jwks", timeout: "20s" },
          unknown_kid_refetch_interval: `${INTERVAL_MS / 1000}s`,
          ...jwks,
        },
      },
    },
    rules: [{ match: { prefix: "/" }, requires: { provider_name: "main" } }],
  };
  const partial = join(folder, "partial.json");
  await writeFile(partial, JSON.stringify({ resources: [listener(JSON.stringify(configuration))] }));
  await rename(partial, join(folder, "listeners.json"));
}

function listener(configuration: string): object {
  const filter = {
    name: "jwt-authn",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`,
      config: {
        name: "jwt-authn",
        failure_policy: "FAIL_CLOSED",
        vm_config: {
          vm_id: "jwt-authn",
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: wasmFile } },
        },
        configuration: { "@type": `${TYPE}/google.protobuf.StringValue`, value: configuration },
      },
    },
  };
  const router = {
    name: "envoy.filters.http.router",
    typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
  };
  const manager = {
    "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "main",
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }],
        },
      ],
    },
    http_filters: [filter, router],
  };
  return {
    "@type": `${TYPE}/envoy.config.listener.v3.Listener`,
    name: "main",
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [
      { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] },
    ],
  };
}

async function start(): Promise<number> {
  const endpoint = { address: { socket_address: { address: "127.0.0.1", port_value: server.port } } };
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
      static_resources: {
        clusters: [
          {
            name: "jwks",
            type: "STATIC",
            load_assignment: { cluster_name: "jwks", endpoints: [{ lb_endpoints: [{ endpoint }] }] },
          },
        ],
      },
    }),
  });
  await updated(1);
  return (await envoy.listener("main")).port;
}

async function updated(times: number): Promise<void> {
  const name = "listener_manager.lds.update_success";
  await waitForCounter(envoy!.admin, name, (count) => count >= times, `update ${times}`);
}

/** A request on a connection of its own, or on one that is kept: by turns, so that all workers get some. */
function ask(port: number, token: string, kept = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const options = {
      host: "127.0.0.1",
      port,
      headers,
      agent: kept ? agent : false,
      timeout: PATIENCE.timeout,
    };
    const request = http.get(options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on("timeout", () => request.destroy(new Error("no answer in half a minute")));
    request.on("error", reject);
  });
}

function askAll(port: number, token: string): Promise<Answer[]> {
  return Promise.all(Array.from({ length: CLIENTS * 4 }, (_, i) => ask(port, token, i % 2 === 0)));
}

function statuses(answers: readonly Answer[]): number[] {
  return [...new Set(answers.map(({ status }) => status))];
}

it("fetches once for all workers, however many requests wait", async () => {
  server.answer = { status: 200, body: old.document, delay: 300 };
  await publish();
  const port = await start();
  expect(statuses(await askAll(port, old.token))).toEqual([200]);
  expect(statuses(await askAll(port, old.token))).toEqual([200]);
  expect(server.fetches).toBe(1);
  // Of four workers more than one has had requests, or this would show nothing.
  const connections = await Promise.all(
    Array.from({ length: WORKERS }, (_, i) =>
      envoy!.admin.stat(`listener.127.0.0.1_0.worker_${i}.downstream_cx_total`),
    ),
  );
  expect(connections.filter((count) => (count ?? 0) > 0).length).toBeGreaterThan(1);
});

it("takes new keys and refuses old ones within the interval, under load on all workers", async () => {
  server.answer = { status: 200, body: old.document };
  await publish();
  const port = await start();
  expect(statuses(await askAll(port, old.token))).toEqual([200]);
  await delay(INTERVAL_MS + 100);

  let over = false;
  const wrong: string[] = [];
  let rotatedAt = Infinity;
  let acceptedAt = Infinity;
  // A moment after the first worker has the keys, for what others have still to read.
  const isSettled = (time: number) => time > acceptedAt + 300;
  /** The longest that an answer took: how much the machine has to do. */
  let slowest = 0;
  const client = async (_: unknown, index: number) => {
    for (let turn = 0; !over; turn++) {
      const sentAt = Date.now();
      const isOld = turn % 2 === 0;
      const { status, body } = await ask(port, isOld ? old.token : current.token, index % 2 === 0);
      slowest = Math.max(slowest, Date.now() - sentAt);
      if (!isOld && status === 200) acceptedAt = Math.min(acceptedAt, Date.now());
      const seconds = `${(sentAt - rotatedAt) / 1000} s after the rotation`;
      if (isSettled(sentAt) && status !== (isOld ? 401 : 200))
        wrong.push(`${isOld ? "old" : "new"}: ${status} ${body}, ${seconds}`);
      // Until then an old token is good, and a new one is not.
      if (Date.now() < rotatedAt && status !== (isOld ? 200 : 401))
        wrong.push(`${isOld ? "old" : "new"}: ${status} ${body} before the rotation`);
      await delay(2);
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  await delay(500);
  const before = server.fetches;
  server.answer = { status: 200, body: current.document, delay: 50 };
  rotatedAt = Date.now();
  await expect.poll(() => isSettled(Date.now()), PATIENCE).toBe(true);
  await delay(INTERVAL_MS + 450);
  over = true;
  await Promise.all(clients);
  expect(wrong).toEqual([]);
  // The interval, the fetch, and a moment.
  expect(acceptedAt - rotatedAt).toBeLessThan(INTERVAL_MS + 50 + 300 + 2 * slowest);
  // Old tokens have an unknown key now: one fetch in each interval for all workers.
  const fetched = server.fetches - before;
  const intervals = (Date.now() - rotatedAt) / INTERVAL_MS;
  expect(fetched).toBeGreaterThanOrEqual(1);
  expect(fetched).toBeLessThanOrEqual(Math.floor(intervals) + 2);
});

it("lets no token pass while the server is down, and good ones once it is up", async () => {
  server.answer = { status: 503, body: "" };
  await publish();
  const port = await start();
  const askedAt = Date.now();
  const down = await askAll(port, old.token);
  expect(statuses(down)).toEqual([401]);
  expect(new Set(down.map(({ body }) => body))).toEqual(new Set(["Jwks remote fetch is failed"]));
  // A failure counts for all workers, for a second.
  const failed = server.fetches;
  expect(failed).toBeGreaterThanOrEqual(1);
  expect(failed).toBeLessThanOrEqual(1 + Math.floor((Date.now() - askedAt) / 1000));
  server.answer = { status: 200, body: old.document };
  await delay(1100);
  expect(statuses(await askAll(port, old.token))).toEqual([200]);
  expect(server.fetches).toBe(failed + 1);
});

it("has keys before anybody asks, by one fetch for all workers", async () => {
  server.answer = { status: 200, body: old.document, delay: 100 };
  await publish({ async_fetch: {} });
  const port = await start();
  await expect.poll(() => server.fetches, PATIENCE).toBeGreaterThanOrEqual(1);
  await delay(500);
  expect(server.fetches).toBe(1);
  expect(statuses(await askAll(port, old.token))).toEqual([200]);
  expect(server.fetches).toBe(1);
});

it("tries no oftener for more workers while the server is down", async () => {
  server.answer = { status: 503, body: "" };
  await publish({ async_fetch: { failed_refetch_duration: "0.5s" } });
  await start();
  await delay(2500);
  await expect.poll(() => server.fetches, PATIENCE).toBeGreaterThanOrEqual(3);
  expect(server.fetches).toBeLessThanOrEqual(2 + Math.floor((Date.now() - server.firstAt) / 500));
});

it("goes on when the configuration is replaced while keys are fetched", async () => {
  server.answer = { status: 200, body: old.document, delay: 1000 };
  await publish();
  const port = await start();
  const waiting = askAll(port, old.token);
  await expect.poll(() => server.fetches, PATIENCE).toBe(1);
  await publish();
  await updated(2);
  const next = (await envoy!.listener("main")).port;
  // Both those that wait in the listener that is going and those of the new one are answered.
  expect(statuses(await askAll(next, old.token))).toEqual([200]);
  expect(statuses(await waiting)).toEqual([200]);
  expect(await envoy!.log()).not.toMatch(/Function: proxy_|tremula: .* at /);
});

it("fetches anew when nobody waits for a fetch that has never been answered", async () => {
  server.answer = { status: 200, body: old.document, delay: 60_000 };
  await publish({ http_uri: { uri: "http://issuer.example/jwks", cluster: "jwks", timeout: "1s" } });
  const port = await start();
  const abandoned = http.get({
    host: "127.0.0.1",
    port,
    agent: false,
    headers: { authorization: `Bearer ${old.token}` },
  });
  abandoned.on("error", () => undefined);
  await expect.poll(() => server.fetches, PATIENCE).toBe(1);
  abandoned.destroy();
  server.answer = { status: 200, body: old.document };
  // Its lease is over half a second after its timeout at the latest, and a failure rests for a second.
  await delay(2600);
  await expect.poll(async () => (await ask(port, old.token)).status, PATIENCE).toBe(200);
  expect(statuses(await askAll(port, old.token))).toEqual([200]);
  expect(server.fetches).toBe(2);
});
