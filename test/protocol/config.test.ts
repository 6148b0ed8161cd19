import { beforeAll, expect, it } from "vitest";
import { PluginRefused } from "../../harness/host/index.js";
import { filterModule, startFilter } from "./filter.js";

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

/** What the filter logs when it refuses a configuration. */
function refusal(configuration: unknown): string {
  try {
    startFilter(module, configuration);
  } catch (error) {
    if (error instanceof PluginRefused) return error.message;
    throw error;
  }
  return "taken";
}

const declared = (...declarations: object[]): object => ({ declarations });

it.each<[string, unknown]>([
  ["nothing at all", ""],
  ["an empty object", {}],
  ["every protocol that is looked for unless told otherwise", { detection: {} }],
  [
    "lowerCamelCase",
    { detection: { maxBytes: 100, onDeadline: "close", onUnknown: "close", waitForHello: true } },
  ],
  ["the largest max_bytes", { detection: { max_bytes: 65536 } }],
  [
    "Istio's names",
    declared(
      ...["http", "http2", "grpc", "grpc-web", "https", "tls", "tcp", "mongo", "redis", "mysql"].map(
        (protocol, i) => ({ port: i + 1, protocol }),
      ),
    ),
  ],
  [
    "one port for several ranges, and for the rest",
    declared(
      { port: 80, protocol: "http" },
      { port: 80, addresses: ["10.0.0.0/8", "fd00::/8"], protocol: "tcp" },
      { port: 80, addresses: ["10.0.0.1"], protocol: "redis" },
    ),
  ],
  ["a label for what is closed", { mode: "label", actions: { unknown: { close: true } } }],
])("takes %s", (_, configuration) => {
  expect(refusal(configuration)).toBe("taken");
});

it.each<[unknown, string]>([
  [{ detections: {} }, "$.detections: unknown field; expected one of mode, actions, detection, declarations"],
  [{ mode: "ROUTE" }, "$.mode: expected one of route, label"],
  [{ detection: { max_bytes: 0 } }, "$.detection.max_bytes: "],
  [{ detection: { max_bytes: 65537 } }, "$.detection.max_bytes: "],
  [{ detection: { deadline: "-1s" } }, "$.detection.deadline: "],
  [{ detection: { deadline: 5 } }, "$.detection.deadline: "],
  [{ detection: { deadline: "86401s" } }, "$.detection.deadline: must be a day at most"],
  [{ detection: { on_deadline: "tcp" } }, "$.detection.on_deadline: expected one of pass, close"],
  [{ detection: { on_unknown: "" } }, "$.detection.on_unknown: expected one of pass, close"],
  [{ detection: { protocols: [] } }, "$.detection.protocols: must not be empty"],
  [{ detection: { protocols: ["http", "gopher"] } }, "$.detection.protocols[1]: must be a protocol or http"],
  [{ detection: { protocols: ["tcp"] } }, "$.detection.protocols[0]: must be a protocol or http"],
  [
    { detection: { protocols: ["mysql"] } },
    "$.detection.protocols[0]: must be a protocol whose client speaks first",
  ],
  [{ detection: { methods: [] } }, "$.detection.methods: must not be empty"],
  [{ detection: { methods: ["GET", "get"] } }, "$.detection.methods[1]: must be 1 to 32 capital letters"],
  [{ detection: { methods: ["GET\r"] } }, "$.detection.methods[0]: must be 1 to 32 capital letters"],
  [declared({ protocol: "http" }), "$.declarations[0].port: missing"],
  [declared({ port: 0, protocol: "http" }), "$.declarations[0].port: "],
  [declared({ port: 65536, protocol: "http" }), "$.declarations[0].port: "],
  [declared({ port: 80 }), "$.declarations[0].protocol: missing"],
  [
    declared({ port: 80, protocol: "gopher" }),
    "$.declarations[0].protocol: must be a protocol, http, tcp or",
  ],
  [declared({ port: 80, protocol: "HTTP" }), "$.declarations[0].protocol: must be a protocol, http, tcp or"],
  [
    declared({ port: 80, protocol: "unknown" }),
    "$.declarations[0].protocol: must be a protocol, http, tcp or",
  ],
  [
    declared({ port: 80, protocol: "tcp", enforce: true }),
    "$.declarations[0].enforce: must not be used with tcp",
  ],
  [
    declared({ port: 80, protocol: "auto", enforce: true }),
    "$.declarations[0].enforce: must not be used with auto",
  ],
  [
    declared({ port: 3306, protocol: "mysql", enforce: true }),
    "$.declarations[0].enforce: must not be used with mysql",
  ],
  [
    declared({ port: 25, protocol: "smtp", enforce: true }),
    "$.declarations[0].enforce: must not be used with smtp",
  ],
  [
    declared({ port: 80, protocol: "http" }, { port: 80, protocol: "tcp" }),
    "$.declarations[1].port: is declared twice",
  ],
  [
    declared(
      { port: 80, addresses: ["10.1.0.0/16"], protocol: "http" },
      { port: 80, addresses: ["10.2.0.0/16", "10.1.9.9/16"], protocol: "tcp" },
    ),
    "$.declarations[1].addresses[1]: is declared twice for its port",
  ],
  [
    declared({ port: 80, addresses: ["10.0.0.1", "10.0.0.1/32"], protocol: "http" }),
    "$.declarations[0].addresses[1]: is declared twice for its port",
  ],
  [
    declared({ port: 80, addresses: ["shop.example"], protocol: "http" }),
    "$.declarations[0].addresses[0]: must be an IPv4 or IPv6 address",
  ],
  [
    declared({ port: 80, addresses: ["10.0.0.1:80"], protocol: "http" }),
    "$.declarations[0].addresses[0]: must be an IPv4 or IPv6 address",
  ],
  [
    declared({ port: 80, addresses: ["fe80::1%eth0"], protocol: "http" }),
    "$.declarations[0].addresses[0]: must be an IPv4 or IPv6 address",
  ],
  [
    declared({ port: 80, addresses: ["10.0.0.0/33"], protocol: "http" }),
    "$.declarations[0].addresses[0]: must have a prefix of 0 to 32 bits",
  ],
  [
    declared({ port: 80, addresses: ["fd00::/"], protocol: "http" }),
    "$.declarations[0].addresses[0]: must have a prefix of 0 to 128 bits",
  ],
  [
    declared({ port: 80, protocol: "tcp", detect: { max_bytes: 9 } }),
    "$.declarations[0].detect: must not be used",
  ],
  [
    declared({ port: 80, protocol: "http", detect: { protocols: ["redis"] } }),
    "$.declarations[0].detect.protocols: must not be used",
  ],
  [
    declared({ port: 80, protocol: "http", detect: { max_bytes: 0 } }),
    "$.declarations[0].detect.max_bytes: ",
  ],
  [
    declared({ port: 80, protocol: "http", pass_proxy_protocol: true }),
    "$.declarations[0].pass_proxy_protocol: needs proxy_protocol",
  ],
  [{ actions: { gopher: { close: true } } }, "$.actions.gopher: is no protocol, and none of http, tcp"],
  [{ actions: { http: {} } }, "$.actions.http: "],
  [{ actions: { http: { close: false } } }, "$.actions.http.close: must be true"],
  [{ actions: { http: { close: true, cluster: "a" } } }, "$.actions.http"],
  [{ actions: { http: { cluster: "" } } }, "$.actions.http.cluster: must not be empty"],
  [
    { mode: "label", actions: { http: { cluster: "a" } } },
    "$.actions.http.cluster: must not be used with mode label",
  ],
  [
    { actions: { tls: { close: true }, https: { close: true } } },
    "$.actions.https: is there under another name",
  ],
  [
    { actions: { http: { close: true, routes: [{ server_names: ["a"], close: true }] } } },
    "$.actions.http.routes: must not be used but for tls",
  ],
  [
    { actions: { tls: { pass: true, routes: [{ close: true }] } } },
    "$.actions.tls.routes[0]: needs server_names or alpn",
  ],
  [
    { actions: { tls: { pass: true, routes: [{ server_names: ["a.*"], close: true }] } } },
    "$.actions.tls.routes[0].server_names[0]: must be a name, or *. and the end of names",
  ],
])("refuses %j", (configuration, error) => {
  expect(refusal(configuration)).toContain(error);
});
