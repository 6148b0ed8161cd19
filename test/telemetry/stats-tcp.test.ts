import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import * as mesh from "./stats-support.js";

let upstream: net.Server;
let envoy: RunningEnvoy;

beforeAll(async () => {
  const file = await mesh.moduleFile();
  upstream = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => socket.write(`hello ${chunk.toString()}`));
    socket.on("end", () => socket.end());
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const { port } = upstream.address() as AddressInfo;
  const filters = [mesh.networkFilter(mesh.wasm(file, { tcp_reporting_duration: "0.1s" }))];
  const blockedHosts = mesh.networkFilter(mesh.wasm(file, { blocked_hosts: true }));
  const expressions = mesh.networkFilter(
    mesh.wasm(file, {
      tcp_reporting_duration: "0.1s",
      metrics: [
        {
          dimensions: { port: "destination.port", upstream: "upstream.port > 0", mutual: "connection.mtls" },
        },
      ],
    }),
  );
  const listener = (name: string, cluster: string, direction: "INBOUND" | "OUTBOUND" = "OUTBOUND") =>
    mesh.tcpListener(name, filters, cluster, direction);
  envoy = await mesh.startSidecar({
    metadata: mesh.CLIENT,
    labels: ["port", "upstream", "mutual"],
    listeners: [
      listener("outbound", "upstream"),
      listener("blackhole", "BlackHoleCluster"),
      listener("passthrough", "PassthroughCluster"),
      listener("inbound-passthrough", "InboundPassthroughClusterIpv4", "INBOUND"),
      listener("dynamic", "AllowAnyDynamicDNSCluster"),
      listener("gone", "gone"),
      mesh.tcpListener("blocked", [blockedHosts], "BlackHoleCluster", "OUTBOUND"),
      withTlsInspector(mesh.tcpListener("blocked tls", [blockedHosts], "BlackHoleCluster", "OUTBOUND")),
      mesh.tcpListener("expressions", [expressions], "upstream", "OUTBOUND"),
    ],
    clusters: [
      mesh.cluster("upstream", [port], mesh.services({ host: "db.default.svc", namespace: "default" })),
      mesh.cluster("BlackHoleCluster", []),
      mesh.cluster("PassthroughCluster", [port]),
      mesh.cluster("InboundPassthroughClusterIpv4", [port]),
      mesh.cluster("AllowAnyDynamicDNSCluster", [port]),
    ],
  });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  upstream?.close();
});

function withTlsInspector(listener: mesh.Json): mesh.Json {
  const inspector = {
    "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
  };
  return { ...listener, listener_filters: [{ name: "tls", typed_config: inspector }] };
}

async function connect(listener: string): Promise<net.Socket> {
  const { host, port } = await envoy.listener(listener);
  const socket = net.connect(port, host);
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

async function exchange(socket: net.Socket, text: string): Promise<string> {
  socket.write(text);
  return new Promise((resolve) => socket.once("data", (chunk) => resolve(chunk.toString())));
}

async function close(socket: net.Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end();
  socket.resume();
  await closed;
}

it("reports while a connection is open and when it is closed", async () => {
  const labels = { reporter: "source", destination_service_name: "db" };
  const socket = await connect("outbound");
  expect(await exchange(socket, "world\n")).toBe("hello world\n");
  await mesh.seriesWith(envoy, "istio_tcp_connections_opened_total", labels, 1);
  await mesh.seriesWith(envoy, "istio_tcp_received_bytes_total", labels, 6);
  await mesh.seriesWith(envoy, "istio_tcp_sent_bytes_total", labels, 12);
  expect(await mesh.series(envoy, "istio_tcp_connections_closed_total")).toEqual([]);
  await exchange(socket, "world\n");
  await mesh.seriesWith(envoy, "istio_tcp_received_bytes_total", labels, 12);
  await close(socket);
  const closed = await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", labels, 1);
  expect(closed.labels).toEqual({
    reporter: "source",
    source_workload: "productpage-v1",
    source_workload_namespace: "default",
    source_principal: "unknown",
    source_app: "productpage",
    source_version: "v1",
    source_canonical_service: "productpage-v1",
    source_canonical_revision: "version-1",
    source_cluster: "client-cluster",
    destination_workload: "unknown",
    destination_workload_namespace: "unknown",
    destination_principal: "unknown",
    destination_app: "unknown",
    destination_version: "unknown",
    destination_service: "db.default.svc",
    destination_service_name: "db",
    destination_service_namespace: "default",
    destination_canonical_service: "unknown",
    destination_canonical_revision: "latest",
    destination_cluster: "unknown",
    request_protocol: "tcp",
    response_flags: "-",
    connection_security_policy: "unknown",
  });
});

it.each([
  ["blackhole", "BlackHoleCluster", "source", "UH"],
  ["passthrough", "PassthroughCluster", "source", "-"],
  ["dynamic", "PassthroughCluster", "source", "-"],
  ["inbound-passthrough", "InboundPassthroughClusterIpv4", "destination", "-"],
  ["gone", "unknown", "source", "NC"],
])("tells what goes to %s", async (listener, name, reporter, flags) => {
  const socket = await connect(listener);
  await close(socket);
  const labels = { destination_service_name: name, reporter, response_flags: flags };
  await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", labels);
  await mesh.seriesWith(envoy, "istio_tcp_connections_opened_total", labels);
});

it("tells where blocked connections were to, when it is asked to", async () => {
  const { host, port } = await envoy.listener("blocked");
  await close(await connect("blocked"));
  const where = { destination_service_name: "BlackHoleCluster", destination_service: `${host}:${port}` };
  await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", where, 1);
  const secure = await envoy.listener("blocked tls");
  const socket = tls.connect({ ...secure, servername: "secret.example", rejectUnauthorized: false });
  await new Promise((resolve) => socket.on("error", () => undefined).once("close", resolve));
  const named = { destination_service_name: "BlackHoleCluster", destination_service: "secret.example" };
  await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", named, 1);
});

it("keeps the values of expressions that a connection began with", async () => {
  const { port } = await envoy.listener("expressions");
  const socket = await connect("expressions");
  await exchange(socket, "world\n");
  const where = { port: `${port}`, upstream: "unknown", mutual: "false" };
  const open = await mesh.seriesWith(envoy, "istio_tcp_connections_opened_total", where, 1);
  await close(socket);
  const closed = await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", where, 1);
  expect(closed.labels).toEqual(open.labels);
});

it("counts a connection once, however it ends", async () => {
  const where = { destination_service_name: "db" };
  const before = (await mesh.series(envoy, "istio_tcp_connections_closed_total")).find(
    ({ labels }) => labels["destination_service_name"] === "db" && !("port" in labels),
  );
  const reset = await connect("outbound");
  await exchange(reset, "x");
  reset.resetAndDestroy();
  await mesh.seriesWith(envoy, "istio_tcp_connections_closed_total", where, (before?.value ?? 0) + 1);
});
