import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readCounter, type RunningEnvoy, waitForCounter } from "../../harness/envoy/index.js";
import { certificateFor } from "./certificates.js";
import { frameOf } from "./peer-material.js";
import * as mesh from "./stats-support.js";
import { CLIENT_URI, downstreamTls, SERVER_URI, upstreamTls } from "./tls-sockets.js";

// Both roles in chains of two sidecars: what one of them says of itself is in the labels of the other.

const CONNECTIONS = 10;
/** A busy machine may need longer than the time between two reports for a handshake; each connection is closed before it is looked at. */
const STATS = { tcp_reporting_duration: "0.1s", peer_deadline: "60s" };
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
    mesh.networkFilter(mesh.wasm(file, STATS, "stats", "telemetry")),
  ];
  server = await mesh.startSidecar({
    metadata: mesh.SERVER,
    listeners: [
      mesh.tcpListener("main", chain({ frame_timeout: "60s" }), "upstream", "INBOUND"),
      mesh.tcpListener(
        "tls",
        chain({}),
        "upstream",
        "INBOUND",
        downstreamTls(certificateFor(SERVER_URI), true),
      ),
    ],
    clusters: [mesh.cluster("upstream", [(upstream.address() as AddressInfo).port])],
  });
  const { port } = await server.listener("main");
  const { port: securePort } = await server.listener("tls");
  const secure = mesh.cluster("tls", [securePort], upstreamTls(certificateFor(CLIENT_URI)));
  client = await mesh.startSidecar({
    metadata: mesh.CLIENT,
    listeners: [
      mesh.tcpListener("main", chain({ tcp_client: true }), "upstream", "OUTBOUND"),
      mesh.tcpListener("silent", chain({}), "upstream", "OUTBOUND"),
      mesh.tcpListener("tls", chain({ tcp_client: true }), "tls", "OUTBOUND"),
      mesh.tcpListener("silent tls", chain({}), "tls", "OUTBOUND"),
    ],
    clusters: [mesh.cluster("upstream", [port]), secure],
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

it.each(["main", "tls"])("says who is on either side of a connection of %s", async (listener) => {
  const isSecure = listener === "tls";
  const principals = isSecure
    ? { source_principal: CLIENT_URI, destination_principal: SERVER_URI }
    : { source_principal: "unknown", destination_principal: "unknown" };
  for (let i = 0; i < CONNECTIONS; i++) expect(await talk(listener)).toBe("hello world\n");
  for (const [envoy, reporter] of [
    [client, "source"],
    [server, "destination"],
  ] as const) {
    const where = { reporter, ...SOURCE, ...DESTINATION, ...principals };
    await mesh.seriesWith(envoy, "istio_tcp_connections_opened_total", where, CONNECTIONS);
    await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", where, CONNECTIONS);
    // Envoy counts what is at the client's socket: frames are exchanged behind that at the client's sidecar, and on it at the
    // server's, where they are no bytes of the applications.
    await mesh.seriesWith(envoy, "istio_tcp_received_bytes_total", where, 6 * CONNECTIONS);
    await mesh.seriesWith(envoy, "istio_tcp_sent_bytes_total", where, 12 * CONNECTIONS);
    for (const name of ["tcp_frame_found", "tcp_frame_sent"]) {
      const count = isSecure ? 2 * CONNECTIONS : CONNECTIONS;
      const counter = `wasmcustom.peer_metadata.${name}`;
      await waitForCounter(envoy.admin, counter, (seen) => seen === count, `${count} at ${counter}`, 20_000);
    }
  }
});

it.each([
  ["silent", "unknown"],
  ["silent tls", CLIENT_URI],
])("does not know a client that has not said who it is but by its certificate, %s", async (listener, uri) => {
  expect(await talk(listener)).toBe("hello world\n");
  const where = {
    source_workload: "unknown",
    source_cluster: "unknown",
    source_principal: uri,
    ...DESTINATION,
  };
  await mesh.seriesWith(server, "istio_tcp_connections_closed_total", where, 1);
});

/** Sends each part once Envoy has read those before it, and waits for the answer's end. */
async function sendInParts(parts: readonly Uint8Array[]): Promise<void> {
  const read = "tcp.main.downstream_cx_rx_bytes_total";
  let octets = await readCounter(server.admin, read);
  const { host, port } = await server.listener("main");
  const socket = net.connect(port, host);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString("latin1")));
  for (const part of parts) {
    socket.write(part);
    octets += part.length;
    await waitForCounter(server.admin, read, (seen) => seen >= octets, "Envoy to read it", 20_000);
  }
  while (!text.endsWith("\n")) await new Promise((resolve) => socket.once("data", resolve));
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
}

it("counts what is for the application once, however a frame in front of it is cut", async () => {
  const frame = frameOf("cut", { WORKLOAD_NAME: "cut" });
  await sendInParts([
    frame.subarray(0, 3),
    frame.subarray(3, 40),
    frame.subarray(40),
    Buffer.from("world\n"),
  ]);
  const where = { reporter: "destination", source_workload: "cut" };
  await mesh.seriesWith(server, "istio_tcp_connections_closed_total", where, 1);
  await mesh.seriesWith(server, "istio_tcp_received_bytes_total", where, 6);
  await mesh.seriesWith(server, "istio_tcp_sent_bytes_total", where, 12);
});

it("counts once, too, what only began like a frame", async () => {
  const where = { reporter: "destination", source_workload: "unknown", source_principal: "unknown" };
  const metric = "istio_tcp_received_bytes_total";
  await sendInParts([Buffer.from("no frame\n")]);
  const { value } = await mesh.seriesWith(server, metric, where);
  await sendInParts([frameOf("", {}).subarray(0, 3), Buffer.from("no frame\n")]);
  await mesh.seriesWith(server, metric, where, value + 12);
});
