import { beforeAll, expect, test } from "vitest";
import { type Plugin, startPlugin } from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await moduleOf("test/fixtures/telemetry-roles/index.ts");
});

const start = (configuration: object): Plugin =>
  startPlugin(module, { rootId: "access-log-policy", configuration });

interface Client {
  readonly source: string;
  readonly identity?: string;
}

/** What is said of a request that succeeds. */
function policy(plugin: Plugin, { source, identity }: Client): string {
  const tls = identity === undefined ? {} : { tls: { uri_san_peer_certificate: identity } };
  const stream = plugin.http({ source, ...tls });
  stream.sendHeaders({}, { endOfStream: true });
  stream.respondHeaders({ status: 200 }, { endOfStream: true });
  return Buffer.from(stream.filterState("wasm.istio.access_log_policy") ?? "").toString();
}

test("a client is its address without the port, and its identity", () => {
  const plugin = start({});
  const said = [
    { source: "10.0.0.1:40000" },
    { source: "10.0.0.1:40001" },
    { source: "10.0.0.1:40000", identity: "spiffe://a" },
    { source: "10.0.0.1:40002", identity: "spiffe://a" },
    { source: "10.0.0.1:40002", identity: "spiffe://b" },
    { source: "[::1]:40000" },
    { source: "[::1]:40001" },
    { source: "[::1:1]:40001" },
  ].map((client) => policy(plugin, client));
  expect(said).toEqual(["yes", "no", "yes", "no", "yes", "yes", "no", "yes"]);
});

test("a client is logged again when the window has passed since it was, not since it came", () => {
  const plugin = start({ log_window_duration: "60s" });
  const client = { source: "10.0.0.1:1" };
  const said: string[] = [];
  for (let i = 0; i < 5; i++) {
    said.push(policy(plugin, client));
    plugin.advance(25_000);
  }
  expect(said).toEqual(["yes", "no", "no", "yes", "no"]);
});

test("of more clients than are remembered the one that has not come for the longest time is forgotten", () => {
  const plugin = start({ max_client_cache_size: 3 });
  const come = (...clients: number[]): string[] =>
    clients.map((number) => policy(plugin, { source: `10.0.0.${number}:1` }));
  expect(come(1, 2, 3, 1)).toEqual(["yes", "yes", "yes", "no"]);
  expect(come(4, 1, 3, 2)).toEqual(["yes", "no", "no", "yes"]);
});

test("20,000 clients leave memory as it is", () => {
  const plugin = start({});
  const identity = `spiffe://${"x".repeat(1100)}`;
  const come = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const source = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:9`;
      expect(policy(plugin, i % 7 ? { source } : { source, identity: identity + i })).toBe("yes");
    }
  };
  come(0, 5_000);
  const pages = plugin.memoryPages;
  come(5_000, 20_000);
  expect(plugin.memoryPages).toBe(pages);
});
