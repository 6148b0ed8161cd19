import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";

const TYPE = "type.googleapis.com";

let upstream: net.Server;
let echo: EchoServer;
let envoy: RunningEnvoy;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "test/fixtures/tcp-callout/index.ts" });
  upstream = net.createServer((socket) => void socket.on("error", () => undefined).pipe(socket));
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  echo = await startEcho();
  const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const cluster = (name: string, port: number) => ({
    name,
    type: "STATIC",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
  });
  const vm_config = { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: outFile } } };
  const filters = [
    {
      name: "wasm",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.network.wasm.v3.Wasm`,
        config: { vm_config },
      },
    },
    {
      name: "tcp",
      typed_config: {
        "@type": `${TYPE}/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
        stat_prefix: "tcp",
        cluster: "upstream",
      },
    },
  ];
  envoy = await startEnvoy({
    config: JSON.stringify({
      static_resources: {
        listeners: [{ name: "main", address: address(0), filter_chains: [{ filters }] }],
        clusters: [
          cluster("upstream", (upstream.address() as AddressInfo).port),
          cluster("callouts", echo.port),
        ],
      },
    }),
  });
});

afterAll(async () => {
  await envoy?.stop();
  await echo?.close();
  upstream?.close();
});

/** Sends a line and gives the first that comes back, or nothing when the connection ends. */
async function exchange(line: string): Promise<string> {
  const { host, port } = await envoy.listener("main");
  const socket = net.connect(port, host);
  socket.write(`${line}\n`);
  const [chunk] = (await Promise.race([once(socket, "data"), once(socket, "close")])) as [Buffer | boolean];
  socket.destroy();
  return Buffer.isBuffer(chunk) ? chunk.toString() : "";
}

it("lets a connection's data pass when the answer allows it", async () => {
  expect(await exchange("204 please")).toBe("ok 204 please\n");
});

it("closes a connection when the answer does not allow it", async () => {
  expect(await exchange("403 please")).toBe("");
});
