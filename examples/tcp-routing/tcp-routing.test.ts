import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { compile } from "../../harness/build/compile.js";
import {
  loadConfig,
  type RunningEnvoy,
  startEnvoy,
  validateYaml,
  locateEnvoy,
} from "../../harness/envoy/index.js";

interface Config {
  admin?: unknown;
  static_resources: {
    listeners: { address: unknown }[];
    clusters: { name: string; load_assignment?: unknown }[];
  };
}

const folder = fileURLToPath(new URL(".", import.meta.url));
const servers: net.Server[] = [];
let envoy: RunningEnvoy;

beforeAll(async () => {
  await compile({ entry: `${folder}index.ts` });
  const ports = new Map([
    ["office", await serverThatSays("office")],
    ["world", await serverThatSays("world")],
  ]);
  envoy = await startEnvoy({ config: JSON.stringify(await configWith(ports)) });
});

afterAll(async () => {
  await envoy?.stop();
  for (const server of servers) server.close();
});

/** The example's own configuration, with any free port and these servers as its clusters. */
async function configWith(ports: ReadonlyMap<string, number>): Promise<Config> {
  const config = parse(await loadConfig(`${folder}envoy.yaml`)) as Config;
  delete config.admin;
  const { listeners, clusters } = config.static_resources;
  listeners.splice(1);
  for (const listener of listeners) listener.address = address(0);
  for (const cluster of clusters) {
    const port = ports.get(cluster.name);
    if (port === undefined) continue;
    const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }];
    cluster.load_assignment = { cluster_name: cluster.name, endpoints };
  }
  return config;
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

async function serverThatSays(text: string): Promise<number> {
  const server = net.createServer((socket) => socket.end(text)).listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** What a client hears that connects from an address of this machine. */
async function heardFrom(localAddress: string): Promise<string> {
  const { host, port } = await envoy.listener("main");
  const socket = net.connect({ host, port, localAddress });
  let heard = "";
  socket.on("data", (chunk) => (heard += chunk.toString()));
  socket.on("error", () => undefined);
  await once(socket, "close");
  return heard;
}

it("sends a connection to the cluster of the first network that it comes from", async () => {
  expect(await heardFrom("127.0.0.1")).toBe("office");
  expect(await heardFrom("127.0.0.2")).toBe("world");
  expect(await heardFrom("127.0.0.3")).toBe("world");
  expect(await envoy.admin.stat("wasmcustom.tcp_routing.routed")).toBe(3);
});

it("closes a connection that no network has", async () => {
  expect(await heardFrom("127.0.0.4")).toBe("");
  expect(await heardFrom("127.1.0.1")).toBe("");
  expect(await envoy.admin.stat("wasmcustom.tcp_routing.closed")).toBe(2);
});

it.each([
  ["10.1.0.0", "$.routes[0].from: expected an IPv4 network"],
  ["10.1.0.0/33", "$.routes[0].from: expected an IPv4 network"],
  ["10.1.0/16", "$.routes[0].from: expected an IPv4 network"],
  ["10.1.0.0.0/16", "$.routes[0].from: expected an IPv4 network"],
  ["10.1.0.256/16", "$.routes[0].from: expected an IPv4 network"],
  ["10.1..0/16", "$.routes[0].from: expected an IPv4 network"],
])("refuses %s as a network", async (from, error) => {
  const text = (await loadConfig(`${folder}envoy.yaml`)).replace("127.0.0.1/32", from);
  const { path } = await locateEnvoy({});
  await expect(validateYaml(path, text, { file: "envoy.yaml", text })).rejects.toThrow(error);
});
