// Decisions on connections, in process. What stock Envoy's own filter does with the same ones: istio.test.ts and mtls.test.ts.
import { beforeAll, expect, test } from "vitest";
import { NetworkStatus, type Plugin, startPlugin, type TlsAttributes } from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";
import { ANY, network, permission, principal } from "./config-refused.js";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await moduleOf("filters/rbac/index.ts");
});

function start(configuration: object): Plugin {
  return startPlugin(module, { name: "rbac", configuration: JSON.stringify(configuration) });
}

const NAME = { authenticated: { principal_name: { exact: "spiffe://a/sa/b" } } };
const CLIENT: TlsAttributes = { subject_peer_certificate: "spiffe://a/sa/b" };

test("a connection that may pass is decided on once, with its first bytes", () => {
  const plugin = start(network(permission({ destination_port: 10000 })));
  const connection = plugin.tcp();
  expect(connection.opened).toBe(NetworkStatus.Continue);
  expect(plugin.counter("rbac.n.allowed")).toBe(0);
  connection.send("a");
  connection.send("b");
  expect(connection.upstreamText).toBe("ab");
  expect(plugin.counter("rbac.n.allowed")).toBe(1);
});

test("with CONTINUOUS it is decided on whenever bytes come", () => {
  const plugin = start(network({ ...permission(ANY), enforcement_type: "CONTINUOUS" }));
  const connection = plugin.tcp();
  connection.send("a");
  connection.send("b");
  expect(plugin.counter("rbac.n.allowed")).toBe(2);
});

test("one that may not is closed, and nothing of it reaches the upstream", () => {
  const plugin = start(network(permission({ destination_port: 1 })));
  const connection = plugin.tcp();
  connection.send("a");
  expect(connection.closedBy).toBe("filter");
  expect(connection.upstreamText).toBe("");
  expect(plugin.counter("rbac.n.denied")).toBe(1);
});

test("delay_deny holds it for a while", () => {
  const plugin = start(network({ ...permission({ destination_port: 1 }), delay_deny: "2s" }));
  const first = plugin.tcp();
  first.send("a");
  plugin.advance(1_000);
  const second = plugin.tcp();
  second.send("b");
  expect([first.closedBy, second.closedBy]).toEqual([null, null]);
  first.send("more");
  plugin.advance(1_000);
  expect([first.closedBy, second.closedBy]).toEqual(["filter", null]);
  plugin.advance(1_000);
  expect(second.closedBy).toBe("filter");
  expect(first.upstreamText + second.upstreamText).toBe("");
  expect(plugin.counter("rbac.n.denied")).toBe(2);
});

test("shadow rules close nothing", () => {
  const plugin = start(network({ shadow_rules: {}, shadow_rules_stat_prefix: "s" }));
  const connection = plugin.tcp();
  connection.send("a");
  expect(connection.upstreamText).toBe("a");
  expect(plugin.counter("rbac.n.s.shadow_denied")).toBe(1);
});

test.each<[string, object, TlsAttributes | undefined, boolean]>([
  [
    "the address it comes from",
    { remote_ip: { address_prefix: "10.0.0.0", prefix_len: 8 } },
    undefined,
    true,
  ],
  ["another one", { remote_ip: { address_prefix: "11.0.0.0", prefix_len: 8 } }, undefined, false],
  ["a name in plain text", NAME, undefined, false],
  ["TLS without a certificate", NAME, {}, false],
  ["any TLS", { authenticated: {} }, {}, true],
  ["no TLS at all", { authenticated: {} }, undefined, false],
  ["the subject", NAME, CLIENT, true],
  ["not the subject", { not_id: NAME }, CLIENT, false],
])("%s", (_, id, tls, isAllowed) => {
  const plugin = start(network(principal(id)));
  const connection = plugin.tcp({ source: "10.1.2.3:4", ...(tls && { tls }) });
  connection.send("a");
  expect(connection.closedBy === null).toBe(isAllowed);
});

test("the server name that TLS asks for", () => {
  const plugin = start(network(permission({ requested_server_name: { suffix: ".example" } })));
  const send = (tls?: TlsAttributes) => {
    const connection = plugin.tcp(tls && { tls });
    connection.send("a");
    return connection.closedBy;
  };
  expect(send({ requested_server_name: "a.example" })).toBeNull();
  expect(send({ requested_server_name: "a.com" })).toBe("filter");
  expect(send()).toBe("filter");
});

test("rules for requests let no connection through", () => {
  const plugin = start({ rules: { action: "DENY" } });
  const connection = plugin.tcp();
  connection.send("a");
  expect(connection.closedBy).toBe("filter");
  expect(plugin.host.log.entries.map(({ message }) => message).join("\n")).toContain("it has no stat_prefix");
});
