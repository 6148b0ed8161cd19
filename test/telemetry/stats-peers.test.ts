import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import * as mesh from "./stats-support.js";

// Both roles in chains of two sidecars: what one of them says of itself is in the labels of the other.

const CONNECTIONS = 10;
const SOURCE = {
  source_workload: "productpage-v1",
  source_app: "productpage",
  source_canonical_revision: "version-1",
  source_cluster: "client-cluster",
};
const DESTINATION = {
  destination_workload: "ratings-v1",
  destination_app: "ratings",
  destination_canonical_service: "ratings",
  destination_cluster: "server-cluster",
};

let upstream: net.Server;
let server: RunningEnvoy;
let client: RunningEnvoy;

beforeAll(async () => {
  const file = await mesh.moduleFile("all");
  upstream = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => socket.write(`hello ${chunk.toString()}`));
    socket.on("end", () => socket.end());
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const chain = (peers: mesh.Json) => [
    mesh.networkFilter(mesh.wasm(file, peers, "peer-metadata", "telemetry")),
    mesh.networkFilter(mesh.wasm(file, { tcp_reporting_duration: "0.1s" }, "stats", "telemetry")),
  ];
  server = await mesh.startSidecar({
    metadata: mesh.SERVER,
    listeners: [mesh.tcpListener("main", chain({}), "upstream", "INBOUND")],
    clusters: [mesh.cluster("upstream", [(upstream.address() as AddressInfo).port])],
  });
  const { port } = await server.listener("main");
  client = await mesh.startSidecar({
    metadata: mesh.CLIENT,
    listeners: [
      mesh.tcpListener("main", chain({ tcp_client: true }), "upstream", "OUTBOUND"),
      mesh.tcpListener("silent", chain({}), "silent", "OUTBOUND"),
    ],
    clusters: [mesh.cluster("upstream", [port]), mesh.cluster("silent", [port])],
  });
}, 120_000);

afterAll(async () => {
  await client?.stop();
  await server?.stop();
  upstream?.close();
});

async function talk(listener: string): Promise<string> {
  const { host, port } = await client.listener(listener);
  const socket = net.connect(port, host);
  socket.write("world\n");
  let text = "";
  await new Promise<void>((resolve) =>
    socket.on("data", (chunk) => {
      text += chunk.toString();
      if (text.endsWith("\n")) resolve();
    }),
  );
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

it("says who is on either side of a connection", async () => {
  for (let i = 0; i < CONNECTIONS; i++) expect(await talk("main")).toBe("hello world\n");
  for (const [envoy, reporter] of [
    [server, "destination"],
    [client, "source"],
  ] as const) {
    const where = { reporter, ...SOURCE, ...DESTINATION };
    await mesh.seriesWith(envoy, "istio_tcp_connections_opened_total", where, CONNECTIONS);
    await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", where, CONNECTIONS);
  }
  // Envoy counts what is at the client's socket: frames are exchanged behind that here, and at the socket of the server.
  const where = { reporter: "source", ...SOURCE, ...DESTINATION };
  await mesh.seriesWith(client, "istio_tcp_received_bytes_total", where, 6 * CONNECTIONS);
  await mesh.seriesWith(client, "istio_tcp_sent_bytes_total", where, 12 * CONNECTIONS);
});

it("does not know a client that has not said who it is", async () => {
  expect(await talk("silent")).toBe("hello world\n");
  const where = { source_workload: "unknown", source_cluster: "unknown", ...DESTINATION };
  await mesh.seriesWith(server, "istio_tcp_connections_closed_total", where, 1);
});
