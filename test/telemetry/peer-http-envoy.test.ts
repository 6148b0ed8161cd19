import http from "node:http";
import net from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";
import { type EchoRequest, type EchoServer, startEcho } from "../../harness/upstream/index.js";
import { frameOf, structOf } from "./peer-material.js";
import { cluster, get, httpFilter, httpListener, networkFilter, wasm } from "./stats-support.js";

let echo: EchoServer;
let envoy: RunningEnvoy;

beforeAll(async () => {
  echo = await startEcho();
  const { outFile } = await compile({ entry: "test/fixtures/telemetry-roles/index.ts" });
  const local = { id: "server", metadata: { WORKLOAD_NAME: "server" } };
  const role = { direction: "inbound", peer_ids: true, local };
  const filters = [
    httpFilter(wasm(outFile, role, "peer-metadata", "http")),
    httpFilter(wasm(outFile, {}, "show", "http")),
  ];
  const shared = [httpFilter(wasm(outFile, { local }, "peer-metadata", "shared"))];
  const both = httpListener({ name: "both", filters }) as { filter_chains: [{ filters: object[] }] };
  both.filter_chains[0].filters.unshift(networkFilter(wasm(outFile, role, "peer-metadata", "tcp")));
  envoy = await startEnvoy({
    concurrency: 2,
    config: JSON.stringify({
      static_resources: {
        listeners: [
          httpListener({ name: "http", filters }),
          both,
          httpListener({ name: "inbound", direction: "INBOUND", filters: shared }),
          httpListener({ name: "outbound", direction: "OUTBOUND", filters: shared }),
          httpListener({ name: "gateway", filters: shared }),
          httpListener({
            name: "redirected",
            filters: [...shared, httpFilter(wasm(outFile, {}, "show", "shared"))],
            routes: [
              {
                match: { prefix: "/" },
                route: { cluster: "upstream", internal_redirect_policy: { max_internal_redirects: 1 } },
              },
            ],
          }),
        ],
        clusters: [cluster("upstream", [echo.port])],
      },
    }),
  });
});

afterAll(async () => {
  await envoy?.stop();
  await echo?.close();
});

/** What reaches the upstream of a request with this metadata. */
async function ask(listener: string, agent: http.Agent, id?: string): Promise<Map<string, string>> {
  const { host, port } = await envoy.listener(listener);
  const metadata = structOf({ WORKLOAD_NAME: `of ${id}` }).toString("base64");
  const headers =
    id === undefined ? {} : { "x-envoy-peer-metadata-id": id, "x-envoy-peer-metadata": metadata };
  const text = await new Promise<string>((resolve, reject) => {
    const request = http.get({ host, port, agent, headers }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => resolve(body));
    });
    request.on("error", reject);
  });
  return new Map((JSON.parse(text) as EchoRequest).headers);
}

it("keeps a thousand clients apart on two workers", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const ids = Array.from({ length: 1000 }, (_, number) => `client-${number}`);
  const seen = await Promise.all(ids.map((id) => ask("http", agent, id)));
  agent.destroy();
  expect(seen.map((headers) => headers.get("x-downstream-id"))).toEqual(ids);
  expect(seen.map((headers) => headers.get("x-downstream"))).toEqual(ids.map((id) => `of ${id}///////`));
  expect(await envoy.log()).not.toMatch(/envoy bug/i);
});

it("faces the way of each listener, though Envoy has one plugin for all with the same configuration", async () => {
  const headers: [string, string][] = [
    ["x-envoy-peer-metadata-id", "client"],
    ["x-envoy-peer-metadata", structOf({ WORKLOAD_NAME: "client" }).toString("base64")],
  ];
  const idIn = (list: readonly (readonly [string, string])[]) =>
    new Map(list).get("x-envoy-peer-metadata-id");
  const expected = {
    inbound: { told: undefined, answered: "server" },
    outbound: { told: "server", answered: undefined },
    gateway: { told: "server", answered: "server" },
  };
  for (let round = 0; round < 2; round++) {
    for (const [listener, ids] of Object.entries(expected)) {
      const response = await get(envoy, listener, { headers });
      const told = idIn((JSON.parse(response.body.toString()) as EchoRequest).headers);
      expect({ told, answered: idIn(response.headers) }, listener).toEqual(ids);
    }
  }
});

it("does not take what it has told itself for the client's words once Envoy has followed a redirect", async () => {
  const redirect: [string, string][] = [
    ["x-echo-status", "302"],
    ["x-echo-header", "location: http://example.com/"],
  ];
  const told: [string, string][] = [
    ["x-envoy-peer-metadata-id", "client"],
    ["x-envoy-peer-metadata", structOf({ WORKLOAD_NAME: "client" }).toString("base64")],
  ];
  const ask = async (headers: [string, string][]) => {
    const response = await get(envoy, "redirected", { headers: [...redirect, ...headers] });
    const seen = new Map((JSON.parse(response.body.toString()) as EchoRequest).headers);
    const answer = new Map(response.headers);
    return {
      isRedirected: seen.has("x-envoy-original-url"),
      client: seen.get("x-downstream"),
      told: seen.get("x-envoy-peer-metadata-id"),
      answered: answer.get("x-envoy-peer-metadata-id"),
      metadata: answer.has("x-envoy-peer-metadata"),
    };
  };
  expect(await ask([])).toEqual({
    isRedirected: true,
    client: undefined,
    told: "server",
    answered: undefined,
    metadata: false,
  });
  expect(await ask(told)).toEqual({
    isRedirected: true,
    client: "client///////",
    told: "server",
    answered: "server",
    metadata: true,
  });
});

it("tells the requests of a connection apart, whatever is known of the connection", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const seen: (string | undefined)[] = [];
  for (const id of ["a", undefined, "b", undefined]) {
    seen.push((await ask("both", agent, id)).get("x-downstream"));
  }
  agent.destroy();
  expect(seen).toEqual(["of a///////", undefined, "of b///////", undefined]);
  expect(await envoy.log()).not.toMatch(/envoy bug/i);
});

it("takes a client by the frame of its connection, and no request changes that for the others", async () => {
  const { host, port } = await envoy.listener("both");
  const socket = net.connect(port, host);
  const told = structOf({ WORKLOAD_NAME: "told" }).toString("base64");
  const get = (more: string): string => `GET / HTTP/1.1\r\nhost: a\r\n${more}\r\n`;
  socket.write(frameOf("framed", { WORKLOAD_NAME: "framed" }));
  socket.write(get(`x-envoy-peer-metadata: ${told}\r\nx-envoy-peer-metadata-id: told\r\n`));
  socket.write(get("connection: close\r\n"));
  const received = Buffer.concat(await socket.toArray()).toString("latin1");
  const seen = [...received.matchAll(/"(x-downstream(?:-id)?)","([^"]*)"/g)].map(([, , value]) => value);
  expect(seen.sort()).toEqual(["framed", "framed", "framed///////", "framed///////"]);
  expect(received.startsWith("=#\x04g")).toBe(true);
  expect(await envoy.log()).not.toMatch(/envoy bug/i);
});
