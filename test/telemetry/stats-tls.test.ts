import net, { type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { type EchoServer, startEcho } from "../../harness/upstream/index.js";
import { certificateFor } from "./certificates.js";
import * as mesh from "./stats-support.js";
import { CLIENT_URI, downstreamTls, SERVER_URI, upstreamTls } from "./tls-sockets.js";

/** Labels of what only a handshake finds out. */
const HANDSHAKE = { mutual: "connection.mtls", tls: "connection.tls_version" };

let echo: EchoServer;
let tcp: net.Server;
/** Speaks first. */
let greeting: net.Server;
let server: RunningEnvoy;
let client: RunningEnvoy;

beforeAll(async () => {
  const file = await mesh.moduleFile();
  const filter = mesh.wasm(file, { tcp_reporting_duration: "0.1s", peer_deadline: "2s" });
  echo = await startEcho();
  tcp = net.createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  greeting = net.createServer((socket) => {
    socket.on("error", () => undefined).pipe(socket);
    socket.write("welcome\n");
  });
  for (const each of [tcp, greeting])
    await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
  const own = certificateFor(SERVER_URI);
  const secured = (name: string, mutual: boolean) =>
    mesh.httpListener({
      name,
      direction: "INBOUND",
      filters: [mesh.httpFilter(filter)],
      transportSocket: downstreamTls(own, mutual),
    });
  const connections = (name: string, cluster: string, configuration: mesh.Json) => {
    const filters = [mesh.networkFilter(mesh.wasm(file, configuration))];
    return mesh.tcpListener(name, filters, cluster, "INBOUND", downstreamTls(own, true));
  };
  // Longer than any test takes: each connection is counted when it is closed.
  const patient = { tcp_reporting_duration: "0.1s", peer_deadline: "300s" };
  const metrics = [{ dimensions: HANDSHAKE }];
  server = await mesh.startSidecar({
    metadata: mesh.SERVER,
    labels: Object.keys(HANDSHAKE),
    listeners: [
      secured("mutual", true),
      secured("one-sided", false),
      mesh.tcpListener("tcp", [mesh.networkFilter(filter)], "tcp", "INBOUND", downstreamTls(own, true)),
      connections("client first", "tcp", patient),
      connections("server first", "greeting", patient),
      connections("labels at the end", "tcp", { ...patient, metrics }),
      connections("labels while open", "tcp", { tcp_reporting_duration: "0.1s", metrics }),
    ],
    clusters: [
      mesh.cluster("upstream", [echo.port]),
      mesh.cluster("tcp", [(tcp.address() as AddressInfo).port]),
      mesh.cluster("greeting", [(greeting.address() as AddressInfo).port]),
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
  greeting?.close();
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

/** A TLS connection whose client has shown a certificate, once what it has sent has come back. */
async function connect(listener: string, uri: string, waits = 0): Promise<tls.TLSSocket> {
  const { host, port } = await server.listener(listener);
  const plain = net.connect(port, host);
  await new Promise((resolve) => plain.once("connect", resolve));
  await delay(waits);
  const { certificate_chain, private_key } = certificateFor(uri);
  const socket = tls.connect({
    socket: plain,
    cert: certificate_chain.inline_string,
    key: private_key.inline_string,
    rejectUnauthorized: false,
  });
  socket.write("world\n");
  let text = "";
  while (!text.endsWith("world\n"))
    text += String(await new Promise((resolve) => socket.once("data", resolve)));
  return socket;
}

it.each(["client first", "server first"])(
  "says so of a connection whose handshake takes longer than the time between two reports, %s",
  async (listener) => {
    const uri = `spiffe://cluster.local/ns/default/sa/${listener.replace(" ", "-")}`;
    const socket = await connect(listener, uri, 350);
    socket.destroy();
    const where = {
      source_principal: uri,
      destination_principal: SERVER_URI,
      connection_security_policy: "mutual_tls",
    };
    await mesh.seriesWith(server, "istio_tcp_connections_opened_total", where, 1);
    await mesh.seriesWith(server, "istio_tcp_connections_closed_total", where, 1);
    await mesh.seriesWith(server, "istio_tcp_received_bytes_total", where, 6);
  },
);

it("gives expressions on a handshake their value when a connection is over", async () => {
  (await connect("labels at the end", CLIENT_URI)).destroy();
  const where = { mutual: "true", tls: "TLSv1.3" };
  await mesh.seriesWith(server, "istio_tcp_connections_opened_total", where, 1);
  await mesh.seriesWith(server, "istio_tcp_connections_closed_total", where, 1);
});

it("does not take what they are before the handshake for it", async () => {
  const socket = await connect("labels while open", CLIENT_URI);
  const where = { mutual: "unknown", tls: "unknown" };
  await mesh.seriesWith(server, "istio_tcp_connections_opened_total", where, 1);
  socket.destroy();
  await mesh.seriesWith(server, "istio_tcp_connections_closed_total", where, 1);
});
