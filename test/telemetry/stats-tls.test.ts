import net, { type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";
import { certificateFor } from "./certificates.js";
import * as mesh from "./stats-support.js";
import { CLIENT_URI, downstreamTls, SERVER_URI, upstreamTls } from "./tls-sockets.js";

const SLOW_URI = "spiffe://cluster.local/ns/default/sa/slow";

let echo: EchoServer;
let tcp: net.Server;
let server: RunningEnvoy;
let client: RunningEnvoy;

beforeAll(async () => {
  const file = await mesh.moduleFile();
  const filter = mesh.wasm(file, { tcp_reporting_duration: "0.1s", peer_deadline: "2s" });
  echo = await startEcho();
  tcp = net.createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const own = certificateFor(SERVER_URI);
  const secured = (name: string, mutual: boolean) =>
    mesh.httpListener({
      name,
      direction: "INBOUND",
      filters: [mesh.httpFilter(filter)],
      transportSocket: downstreamTls(own, mutual),
    });
  server = await mesh.startSidecar({
    metadata: mesh.SERVER,
    listeners: [
      secured("mutual", true),
      secured("one-sided", false),
      mesh.tcpListener("tcp", [mesh.networkFilter(filter)], "tcp", "INBOUND", downstreamTls(own, true)),
    ],
    clusters: [
      mesh.cluster("upstream", [echo.port]),
      mesh.cluster("tcp", [(tcp.address() as AddressInfo).port]),
    ],
  });
  const port = async (name: string) => (await server.listener(name)).port;
  const theirs = certificateFor(CLIENT_URI);
  const outbound = (name: string) =>
    mesh.httpListener({
      name,
      direction: "OUTBOUND",
      filters: [mesh.httpFilter(filter)],
      routes: [{ match: { prefix: "/" }, route: { cluster: name } }],
    });
  client = await mesh.startSidecar({
    metadata: mesh.CLIENT,
    listeners: [
      outbound("mutual"),
      outbound("one-sided"),
      mesh.tcpListener("tcp", [mesh.networkFilter(filter)], "tcp", "OUTBOUND"),
    ],
    clusters: [
      mesh.cluster("mutual", [await port("mutual")], upstreamTls(theirs)),
      mesh.cluster("one-sided", [await port("one-sided")], upstreamTls()),
      mesh.cluster("tcp", [await port("tcp")], upstreamTls(theirs)),
    ],
  });
}, 120_000);

afterAll(async () => {
  await client?.stop();
  await server?.stop();
  await echo?.close();
  tcp?.close();
});

it("says who is on either side of mutual TLS", async () => {
  for (let i = 0; i < 3; i++) await mesh.get(client, "mutual", { authority: "mutual.example" });
  const where = { destination_service: "mutual.example" };
  const principals = { source_principal: CLIENT_URI, destination_principal: SERVER_URI };
  expect((await mesh.seriesWith(server, "istio_requests_total", where, 3)).labels).toMatchObject({
    ...principals,
    reporter: "destination",
    connection_security_policy: "mutual_tls",
  });
  expect((await mesh.seriesWith(client, "istio_requests_total", where, 3)).labels).toMatchObject({
    ...principals,
    reporter: "source",
    connection_security_policy: "unknown",
  });
});

it("does not take TLS for mutual TLS when the client shows no certificate", async () => {
  await mesh.get(client, "one-sided", { authority: "one.example" });
  const where = { destination_service: "one.example" };
  expect((await mesh.seriesWith(server, "istio_requests_total", where, 1)).labels).toMatchObject({
    source_principal: "unknown",
    destination_principal: SERVER_URI,
    connection_security_policy: "none",
  });
});

it("says so of connections, too", async () => {
  const { host, port } = await client.listener("tcp");
  const socket = net.connect(port, host);
  socket.write("world\n");
  await new Promise((resolve) => socket.once("data", resolve));
  for (const [envoy, policy] of [
    [server, "mutual_tls"],
    [client, "unknown"],
  ] as const) {
    const open = await mesh.seriesWith(envoy, "istio_tcp_connections_opened_total", {}, 1);
    expect(open.labels).toMatchObject({
      source_principal: CLIENT_URI,
      destination_principal: SERVER_URI,
      connection_security_policy: policy,
    });
    await mesh.seriesWith(envoy, "istio_tcp_received_bytes_total", {}, 6);
    await mesh.seriesWith(envoy, "istio_tcp_sent_bytes_total", {}, 6);
  }
  socket.destroy();
  for (const envoy of [server, client])
    await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", {}, 1);
});

it("says so of a connection whose handshake takes longer than the time between two reports", async () => {
  const { host, port } = await server.listener("tcp");
  const slow = net.connect(port, host);
  await new Promise((resolve) => slow.once("connect", resolve));
  await delay(350);
  const { certificate_chain, private_key } = certificateFor(SLOW_URI);
  const socket = tls.connect({
    socket: slow,
    cert: certificate_chain.inline_string,
    key: private_key.inline_string,
    rejectUnauthorized: false,
  });
  socket.write("world\n");
  await new Promise((resolve) => socket.once("data", resolve));
  const where = {
    source_principal: SLOW_URI,
    destination_principal: SERVER_URI,
    connection_security_policy: "mutual_tls",
  };
  await mesh.seriesWith(server, "istio_tcp_connections_opened_total", where, 1);
  socket.destroy();
  await mesh.seriesWith(server, "istio_tcp_connections_closed_total", where, 1);
});
