import net from "node:net";
import { once } from "node:events";
import { expect, it } from "vitest";
import { runLoad } from "../../harness/bench/load.js";
import { tcpLoad } from "../../harness/bench/load-tcp.js";
import { TELEMETRY_SCENARIOS } from "../../harness/bench/suite-telemetry.js";

async function exchange(reconnect: boolean): Promise<{ requests: number; connections: number }> {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    socket.on("error", () => undefined).pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as net.AddressInfo;
  const request = { send: "hello", expect: "hello", reconnect };
  const spec = { host: "127.0.0.1", port, request, connections: 2, seconds: 1 };
  const { requests } = await runLoad(tcpLoad, spec, "test");
  server.close();
  return { requests, connections };
}

it("opens a connection for each exchange where that is what is measured", async () => {
  const each = await exchange(true);
  expect(each.connections).toBe(each.requests);
  const kept = await exchange(false);
  expect(kept.connections).toBe(2);
  expect(kept.requests).toBeGreaterThan(2);
});

it("sends metadata that is a struct in base64", () => {
  const scenario = TELEMETRY_SCENARIOS.find(({ name }) => name === "http-peer-metadata");
  const { headers } = scenario!.request as { headers: Record<string, string> };
  const octets = Buffer.from(headers["x-envoy-peer-metadata"]!, "base64");
  // A map entry of the key CLUSTER_ID, whose value is the text "east".
  expect(octets.subarray(0, 22)).toEqual(Buffer.from("\n\x14\n\nCLUSTER_ID\x12\x06\x1a\x04east"));
  expect(octets.toString("latin1")).toContain("service.istio.io/canonical-name");
});
