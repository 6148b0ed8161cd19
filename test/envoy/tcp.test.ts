import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy, waitForCounter } from "../../harness/envoy/index.js";

let upstream: net.Server;
let envoy: RunningEnvoy;

/** Sends back what it gets; on "bye" it closes. */
function echo(socket: net.Socket): void {
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => (chunk.includes("bye") ? socket.end() : socket.write(chunk)));
}

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/tcp/index.ts" });
  upstream = net.createServer(echo).listen(0, "127.0.0.1");
  await new Promise((resolve) => upstream.once("listening", resolve));
  const type = "type.googleapis.com";
  const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const wasm = {
    name: "tcp",
    vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: outFile } } },
  };
  const filters = [
    {
      name: "wasm",
      typed_config: { "@type": `${type}/envoy.extensions.filters.network.wasm.v3.Wasm`, config: wasm },
    },
    {
      name: "tcp",
      typed_config: {
        "@type": `${type}/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
        stat_prefix: "tcp",
        cluster: "upstream",
      },
    },
  ];
  const endpoint = { endpoint: { address: address((upstream.address() as AddressInfo).port) } };
  envoy = await startEnvoy({
    config: JSON.stringify({
      static_resources: {
        listeners: [{ name: "main", address: address(0), filter_chains: [{ filters }] }],
        clusters: [
          {
            name: "upstream",
            type: "STATIC",
            load_assignment: { cluster_name: "upstream", endpoints: [{ lb_endpoints: [endpoint] }] },
          },
        ],
      },
    }),
  });
});

afterAll(async () => {
  await envoy?.stop();
  upstream?.close();
});

class Client {
  #received = "";
  readonly #socket: net.Socket;
  readonly closed: Promise<string>;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => (this.#received += chunk.toString()));
    this.closed = new Promise((resolve) => socket.once("close", () => resolve(this.#received)));
  }

  static async connect(): Promise<Client> {
    const { host, port } = await envoy.listener("main");
    const socket = net.connect(port, host);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Client(socket);
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  async until(text: string): Promise<void> {
    while (!this.#received.includes(text)) {
      await new Promise((resolve, reject) => {
        this.#socket.once("data", resolve);
        this.#socket.once("close", () => reject(new Error(`closed after ${JSON.stringify(this.#received)}`)));
      });
    }
    expect(this.#received).toBe(text);
  }
}

it("passes data on in both directions, changed at its start and its end", async () => {
  const client = await Client.connect();
  client.send("hello\n");
  await client.until("<hello\n>|");
  client.end();
  expect(await client.closed).toBe("<hello\n>|");
});

it("shows held bytes again, together with those that came since", async () => {
  const client = await Client.connect();
  client.send("one ");
  await waitForCounter(envoy.admin, "wasmcustom.tcp.connections", (count) => count >= 2, "the connection");
  client.send("two\n");
  await client.until("<one two\n>|");
  client.end();
  await client.closed;
});

it("replaces and drains data", async () => {
  const client = await Client.connect();
  client.send("drain\n");
  // Sent together, the two would arrive as one.
  await waitForCounter(envoy.admin, "wasmcustom.tcp.drained", (count) => count === 1, "the drain");
  client.send("replace me\n");
  await client.until("replaced\n|");
  client.end();
  await client.closed;
});

it("continues a held connection from the timer", async () => {
  const client = await Client.connect();
  client.send("later\n");
  await client.until("later\n|");
  client.end();
  await client.closed;
});

it("closes the client's connection", async () => {
  const client = await Client.connect();
  client.send("close\n");
  expect(await client.closed).toBe("");
});

it("is told who closed, and is done with every connection", async () => {
  const client = await Client.connect();
  client.send("bye\n");
  client.end();
  await client.closed;
  const { admin } = envoy;
  await waitForCounter(
    admin,
    "wasmcustom.tcp.upstream_closed",
    (count) => count >= 1,
    "the upstream's close",
  );
  await waitForCounter(admin, "wasmcustom.tcp.closed_by_envoy", (count) => count >= 1, "Envoy's close");
  const other = await Client.connect();
  other.send("hello\n");
  await other.until("<hello\n>|");
  other.reset();
  await waitForCounter(
    admin,
    "wasmcustom.tcp.closed_by_client",
    (count) => count === 1,
    "the client's reset",
  );
  const connections = await admin.stat("wasmcustom.tcp.connections");
  await waitForCounter(admin, "wasmcustom.tcp.finished", (count) => count === connections, "the last onDone");
});

it("is refused when it continues a direction that is not held", async () => {
  expect(await envoy.admin.stat("wasmcustom.tcp.refusals")).toBeGreaterThan(0);
});
