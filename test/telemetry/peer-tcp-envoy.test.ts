import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { readCounter, type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { frameOf, PRODUCTPAGE, RATINGS } from "./peer-material.js";

// Two sidecars in a row: listener `client` faces outwards and goes to listener `server`, which faces inwards.

const TYPE = "type.googleapis.com";
const FRAME = frameOf("client", PRODUCTPAGE);
const ANSWER = frameOf("ratings", RATINGS);

/** Of listeners where a deadline passes; the others wait longer than any test takes. */
const IMPATIENT = { frame_timeout: "0.3s" };

/** Answers with what it gets, in front of it what it greets with. */
let upstream: net.Server;
let envoy: RunningEnvoy;

const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
/** The server's listener for the client's, by a name that no other run has. */
const PIPE = { pipe: { path: `@tremula-peer-${process.pid}` } };

function wasm(module: string, root_id: string, vm_id: string, configuration: object | null): object {
  return {
    name: root_id,
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.network.wasm.v3.Wasm`,
      config: {
        root_id,
        ...(configuration && {
          configuration: {
            "@type": `${TYPE}/google.protobuf.StringValue`,
            value: JSON.stringify(configuration),
          },
        }),
        vm_config: { vm_id, runtime: "envoy.wasm.runtime.v8", code: { local: { filename: module } } },
      },
    },
  };
}

function listener(name: string, at: object, cluster: string, filters: object[]): object {
  return {
    name,
    address: at,
    traffic_direction: cluster === "upstream" && name !== "plain" ? "INBOUND" : "OUTBOUND",
    filter_chains: [
      {
        filters: [
          ...filters,
          {
            name: "tcp",
            typed_config: {
              "@type": `${TYPE}/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
              stat_prefix: name,
              cluster,
            },
          },
        ],
      },
    ],
  };
}

function cluster(name: string, at: object): object {
  return {
    name,
    type: "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: at } }] }],
    },
  };
}

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/telemetry-roles/index.ts" });
  upstream = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => (chunk.includes("bye") ? socket.end(chunk) : socket.write(chunk)));
  });
  upstream.listen(0, "127.0.0.1");
  await new Promise((resolve) => upstream.once("listening", resolve));
  const role = (id: string, metadata: object, more: object = {}) => [
    wasm(outFile, "peer-metadata", id, { local: { id, metadata }, frame_timeout: "60s", ...more }),
    wasm(outFile, "show", id, null),
  ];
  envoy = await startEnvoy({
    config: JSON.stringify({
      static_resources: {
        listeners: [
          listener("client", address(0), "server", role("client", PRODUCTPAGE, { tcp_client: true })),
          listener("server", address(0), "upstream", role("ratings", RATINGS)),
          listener("impatient", address(0), "upstream", role("ratings", RATINGS, IMPATIENT)),
          listener(
            "between",
            address(0),
            "server",
            role("client", PRODUCTPAGE, { direction: "gateway", tcp_client: true, ...IMPATIENT }),
          ),
          listener("piped", PIPE, "upstream", role("ratings", RATINGS)),
          listener(
            "outwards",
            address(0),
            "outside",
            role("client", PRODUCTPAGE, { tcp_client: true, skip_external_clusters: true }),
          ),
          // Its upstream speaks no frames.
          listener("plain", address(0), "upstream", role("client", PRODUCTPAGE)),
        ],
        clusters: [
          cluster("upstream", address((upstream.address() as AddressInfo).port)),
          cluster("server", PIPE),
          {
            ...cluster("outside", address((upstream.address() as AddressInfo).port)),
            metadata: { filter_metadata: { istio: { external: true } } },
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
  private received = Buffer.alloc(0);
  private readonly closed: Promise<void>;

  private constructor(private readonly socket: net.Socket) {
    socket.on("data", (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on("error", () => socket.destroy());
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static async connect(to: string): Promise<Client> {
    const { host, port } = await envoy.listener(to);
    const socket = net.connect({ host, port, allowHalfOpen: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Client(socket);
  }

  send(octets: Uint8Array | string): this {
    this.socket.write(octets);
    return this;
  }

  end(): this {
    this.socket.end();
    return this;
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** What has come once the connection is closed. */
  async all(): Promise<Buffer> {
    await this.closed;
    return this.received;
  }

  async size(octets: number): Promise<Buffer> {
    while (this.received.length < octets) await new Promise((resolve) => this.socket.once("data", resolve));
    return this.received;
  }
}

const logged = async (text: string): Promise<void> => {
  await envoy.waitForLog(new RegExp(`${text}\\n`), `the line ${text}`, 20_000);
};

it("tells both ends of a connection who the other is, and neither application sees a frame", async () => {
  const client = await Client.connect("client");
  client.send("hello");
  expect((await client.size(5)).toString()).toBe("hello");
  client.send(" bye").end();
  expect((await client.all()).toString()).toBe("hello bye");
  await logged("peers: client=productpage-v1 -> =");
  await logged("peers: = -> ratings=ratings-v1");
});

it("answers a frame by a frame, cut wherever it may be", async () => {
  const client = await Client.connect("server");
  client.send(FRAME.subarray(0, 2));
  await envoy.admin.stats({});
  client.send(FRAME.subarray(2, 300));
  await envoy.admin.stats({});
  client.send(Buffer.concat([FRAME.subarray(300), Buffer.from("bye")]));
  expect(await client.end().all()).toEqual(Buffer.concat([ANSWER, Buffer.from("bye")]));
});

it("leaves a client alone that sends no frame", async () => {
  const client = await Client.connect("server");
  expect((await client.send("bye").end().all()).toString()).toBe("bye");
  await logged("peers: envoy.wasm.metadata_exchange.peer_unknown= -> =");
});

it.each(["impatient", "between"])(
  "lets go of three octets that begin like a frame when their time is up: %s",
  async (listener) => {
    const client = await Client.connect(listener);
    const start = FRAME.subarray(0, 3);
    expect(await client.send(start).size(3)).toEqual(start);
    client.send("bye").end();
    expect(await client.all()).toEqual(Buffer.concat([start, Buffer.from("bye")]));
  },
);

it("passes half a frame on when the client has closed its half, and survives one that goes", async () => {
  const timeouts = "wasmcustom.peer_metadata.tcp_frame_timeout";
  const before = await readCounter(envoy.admin, timeouts);
  const half = Buffer.concat([FRAME.subarray(0, 60)]);
  const client = await Client.connect("server");
  expect(await client.send(half).end().size(60)).toEqual(half);
  client.reset();
  const gone = await Client.connect("impatient");
  gone.send(half);
  gone.reset();
  // When this one's time is up, so was that of the one before it.
  const next = await Client.connect("impatient");
  expect(await next.send(FRAME.subarray(0, 3)).size(3)).toEqual(FRAME.subarray(0, 3));
  expect((await next.send("bye").end().all()).subarray(3).toString()).toBe("bye");
  expect(await readCounter(envoy.admin, timeouts)).toBe(before + 1);
});

it("says nothing to upstreams unless it is told to", async () => {
  const client = await Client.connect("plain");
  expect((await client.send("bye").end().all()).toString()).toBe("bye");
});

it("says nothing to what is outside of the mesh", async () => {
  const client = await Client.connect("outwards");
  expect((await client.send("bye").end().all()).toString()).toBe("bye");
});
