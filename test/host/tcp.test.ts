import { beforeAll, beforeEach, expect, it } from "vitest";
import { NetworkStatus, type Plugin, startPlugin } from "../../harness/host/index.js";
import { moduleOf } from "./support.js";

// The same filter, and what comes of it, as on stock Envoy in test/envoy/tcp.test.ts.

let module: WebAssembly.Module;
let plugin: Plugin;

beforeAll(async () => {
  module = await moduleOf("test/fixtures/tcp/index.ts");
});

beforeEach(() => {
  plugin = startPlugin(module, { name: "tcp" });
});

it("passes data on in both directions, changed at its start and its end", () => {
  const connection = plugin.tcp();
  expect(connection.opened).toBe(NetworkStatus.Continue);
  connection.send("hello\n");
  expect(connection.upstreamText).toBe("<hello\n>");
  connection.respond("<hello\n>");
  expect(connection.clientText).toBe("<hello\n>|");
});

it("shows held bytes again, together with those that came since", () => {
  const connection = plugin.tcp();
  expect(connection.send("one ")).toBe(NetworkStatus.StopIteration);
  expect(connection.held).toBe(true);
  expect(connection.upstreamText).toBe("");
  connection.send("two\n");
  expect(connection.upstreamText).toBe("<one two\n>");
});

it("replaces and drains data", () => {
  const connection = plugin.tcp();
  connection.send("drain\n");
  connection.send("replace me\n");
  expect(connection.upstreamText).toBe("replaced\n");
});

it("continues a held connection from the timer", () => {
  const connection = plugin.tcp();
  connection.send("later\n");
  expect(connection.upstreamText).toBe("");
  plugin.tick();
  expect(connection.upstreamText).toBe("later\n");
  expect(connection.held).toBe(false);
});

it("closes the client's connection", () => {
  const connection = plugin.tcp();
  connection.send("close\n");
  expect(connection.closedBy).toBe("filter");
  expect(plugin.counter("tcp.closed_by_envoy")).toBe(1);
});

it("is told who closed, and is done with every connection", () => {
  const ended = plugin.tcp();
  ended.endUpstream();
  ended.end();
  expect(ended.closedBy).toBe("Envoy");
  const reset = plugin.tcp();
  reset.reset();
  expect(reset.closedBy).toBe("client");
  const counters = ["upstream_closed", "closed_by_envoy", "closed_by_client", "connections", "finished"];
  expect(counters.map((name) => plugin.counter(`tcp.${name}`))).toEqual([1, 1, 1, 2, 2]);
});

it("is refused when it continues a direction that is not held", () => {
  plugin.tcp().send("hello\n");
  expect(plugin.counter("tcp.refusals")).toBe(1);
});
